"""Runs the server that answers for models: sockets, signals, and files that change. I/O."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvicorn

from .catalog_files import CatalogError, Stamp, read_catalog, stamp
from .extraction import Settings
from .models_app import State, application

# How often the files are looked at, and how long requests may take after SIGTERM (seconds).
_PAUSE: Final = 1.0
_GRACE: Final = 10


def serve(folder: Path, port: int, inner_port: int, settings: Settings, origins: Sequence[str]) -> None:
    """Answer until SIGTERM or SIGINT.

    Raises CatalogError when the folder holds what is no catalog, OSError when a port is taken.
    """
    state = State()
    seen = stamp(folder)
    if (catalog := read_catalog(folder)) is not None:
        state.take(catalog)
    sockets = [_listening(each) for each in (port, inner_port)]
    # Port 0 is any free one.
    inner = sockets[1].getsockname()[1]
    config = uvicorn.Config(
        application(state, settings, origins, inner),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    print(f"models: answering on port {sockets[0].getsockname()[1]}, health and metrics on {inner}", file=sys.stderr)
    asyncio.run(_run(uvicorn.Server(config), sockets, folder, seen, state))


async def _run(server: uvicorn.Server, sockets: list[socket.socket], folder: Path, seen: Stamp, state: State) -> None:
    async with asyncio.TaskGroup() as group:
        following = group.create_task(_follow(folder, seen, state))
        await server.serve(sockets)
        following.cancel()


async def _follow(folder: Path, seen: Stamp, state: State) -> None:
    """Take up files that changed; one that is no catalog is told, and what was known goes on."""
    while True:
        await asyncio.sleep(_PAUSE)
        now = stamp(folder)
        if now == seen:
            continue
        seen = now
        try:
            catalog = read_catalog(folder)
        except CatalogError as error:
            print(f"error: {error}; the catalog before it goes on", file=sys.stderr)
            continue
        if catalog is not None:
            state.take(catalog)
            print(f"models: {len(catalog.entries)} entries", file=sys.stderr)


def _listening(port: int) -> socket.socket:
    """Return a socket that listens on all addresses, of IPv6 too where there are any."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))
