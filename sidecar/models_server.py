"""Run the models server: sockets and signals. I/O."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .admin import Admin
from .engines import Engines
from .extraction import Settings
from .http_server import HttpServer
from .models_app import State, application
from .operators import Operators
from .sockets import listen, port_of
from .stop import Stop
from .upkeep import Upkeep


@dataclass(frozen=True)
class Sources:
    """The sources of the server: a directory of catalog files, and pods and engines if it `watches`.

    `secrets` is the directory of the files in the catalog, `period` the pause between two queries of an engine in
    seconds. Operators authenticate with the token in `admin_token`, and change a ConfigMap: `settings` is its namespace
    and its name.
    """

    catalog: Path
    watches: bool = False
    secrets: Path | None = None
    period: float = 15.0
    admin_token: Path | None = None
    settings: tuple[str, str] | None = None


def serve(sources: Sources, port: int, inner_port: int, settings: Settings, origins: Sequence[str]) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises CatalogError for an invalid catalog file, WatchError if no cluster can be watched, OSError if a port is in
    use, KeyboardInterrupt after SIGINT.
    """
    asyncio.run(_serve(sources, port, inner_port, settings, origins))


async def _serve(sources: Sources, port: int, inner_port: int, settings: Settings, origins: Sequence[str]) -> None:
    stop = Stop()
    state = State()
    upkeep = Upkeep(state, sources.catalog)
    sockets = [listen(each) for each in (port, inner_port)]
    outer, inner = map(port_of, sockets)
    token = sources.admin_token
    operators = Operators(*sources.settings) if sources.settings is not None else None
    admin = Admin(token, upkeep.ask_all, lambda: upkeep.catalog, operators) if token is not None else None
    server = HttpServer(application(state, settings, origins, inner, admin))
    print(f"models: answering on port {outer}, health and metrics on {inner}", file=sys.stderr)
    serving = asyncio.create_task(server.serve(sockets))
    keeping = asyncio.create_task(upkeep.run(sources.watches, Engines(sources.secrets).ask, sources.period))
    stopping = asyncio.create_task(stop.wait())
    # The background task ends by itself only if it failed.
    await asyncio.wait((serving, keeping, stopping), return_when=asyncio.FIRST_COMPLETED)
    if stopping.done():
        server.should_exit = True
        await asyncio.wait((serving,))
    tasks = (serving, keeping, stopping)
    for task in tasks:
        task.cancel()
    for done in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(done, Exception):
            raise done
    stop.raise_if_interrupted()
