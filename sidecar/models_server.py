"""Runs the server that answers for models: sockets and signals. I/O."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from .admin import Admin
from .engines import Engines
from .extraction import Settings
from .limited_http import LimitedProtocol
from .models_app import State, application
from .upkeep import Upkeep

# How long requests may take after SIGTERM (seconds).
_GRACE: Final = 10


@dataclass(frozen=True)
class Sources:
    """What the server knows from: a folder of catalog files; pods and engines where it `watches`.

    `secrets` is the folder of the files that the catalog names, `period` the pause between two questions to an engine
    in seconds. Operators are answered who have the token in `admin_token`.
    """

    catalog: Path
    watches: bool = False
    secrets: Path | None = None
    period: float = 15.0
    admin_token: Path | None = None


def serve(sources: Sources, port: int, inner_port: int, settings: Settings, origins: Sequence[str]) -> None:
    """Answer until SIGTERM or SIGINT.

    Raises CatalogError when the folder holds what is no catalog, WatchError when there is no cluster to watch, OSError
    when a port is taken.
    """
    asyncio.run(_serve(sources, port, inner_port, settings, origins))


async def _serve(sources: Sources, port: int, inner_port: int, settings: Settings, origins: Sequence[str]) -> None:
    state = State()
    upkeep = Upkeep(state, sources.catalog)
    sockets = [_listening(each) for each in (port, inner_port)]
    # Port 0 is any free one.
    inner = sockets[1].getsockname()[1]
    token = sources.admin_token
    admin = Admin(token, upkeep.ask_all, lambda: state.served) if token is not None else None
    config = uvicorn.Config(
        application(state, settings, origins, inner, admin),
        http=LimitedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    print(f"models: answering on port {sockets[0].getsockname()[1]}, health and metrics on {inner}", file=sys.stderr)
    serving = asyncio.create_task(uvicorn.Server(config).serve(sockets))
    keeping = asyncio.create_task(upkeep.run(sources.watches, Engines(sources.secrets).ask, sources.period))
    # Keeping up ends of itself only when it cannot.
    await asyncio.wait((serving, keeping), return_when=asyncio.FIRST_COMPLETED)
    for task in (serving, keeping):
        task.cancel()
    for done in await asyncio.gather(serving, keeping, return_exceptions=True):
        if isinstance(done, Exception):
            raise done


def _listening(port: int) -> socket.socket:
    """Return a socket that listens on all addresses, of IPv6 too where there are any."""
    if socket.has_dualstack_ipv6():
        found = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        found = socket.create_server(("", port))
    # Connections inherit it. asyncio sets it only on sockets that say they are TCP, which these do not; without it an
    # answer of two writes waits 40 ms for the client's acknowledgement of the first.
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found
