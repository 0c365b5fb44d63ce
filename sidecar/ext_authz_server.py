"""Run the service that a gateway asks over HTTP: ports, metrics, health, signals. I/O."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import Final

from prometheus_client import generate_latest

from .draws import draw
from .exchange import Room
from .ext_authz import READ, Verdict, busy, failed, judge, too_long
from .extraction import Settings
from .http_port import Handlers, Port
from .http_protocol import HttpProtocol
from .http_responses import Response
from .metrics import Metrics
from .request_head import Request
from .sockets import listen, port_of
from .stop import Stop

# Seconds after SIGTERM in which new connections are accepted, until gateways have removed the endpoint; then the
# maximum time for requests in progress.
_LINGER: Final = 2
_GRACE: Final = 10
_SMALL: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Page:
    """A response of the inner port."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/plain; charset=utf-8"),)


class _State:
    """Whether the service accepts requests."""

    is_ready = True


def serve(settings: Settings, most_held: int, port: int, inner_port: int) -> None:
    """Serve until SIGTERM or SIGINT; `most_held` is in bytes.

    Raises OSError if a port is in use, KeyboardInterrupt after SIGINT.
    """
    asyncio.run(_serve(settings, most_held, port, inner_port))


async def _serve(settings: Settings, most_held: int, port: int, inner_port: int) -> None:
    stop, state, room = Stop(), _State(), Room(most_held + 1)
    metrics = Metrics(room, "ext_authz")
    outer = port_for(settings, metrics, room)
    inner = Port(_inner(state, metrics), _SMALL, Room(_SMALL * 16))
    loop = asyncio.get_running_loop()
    sockets = [listen(each) for each in (port, inner_port)]
    servers = [
        await loop.create_server(partial(HttpProtocol, each), sock=sock, backlog=1024)
        for each, sock in zip((outer, inner), sockets, strict=True)
    ]
    places = f"on port {port_of(sockets[0])}, health and metrics on {port_of(sockets[1])}"
    print(f"ext-authz: answering {places}", file=sys.stderr)
    await stop.wait()
    state.is_ready = False
    await asyncio.sleep(_LINGER)
    servers[0].close()
    outer.drain()
    await _emptied(outer)
    for each, server in zip((outer, inner), servers, strict=True):
        server.close()
        for connection in list(each.connections):
            connection.close()
    stop.raise_if_interrupted()


async def _emptied(port: Port) -> None:
    """Wait until the connections of a port have ended, but not longer than the grace period."""
    end = time.monotonic() + _GRACE
    while port.connections and time.monotonic() < end:
        await asyncio.sleep(0.05)


def port_for(settings: Settings, metrics: Metrics, room: Room) -> Port:
    """Return the port for the gateway; of longer bodies than the limit it sends one byte more, or nothing."""
    return Port(handlers(settings, metrics), settings.body_limit + 1, room, READ)


def handlers(settings: Settings, metrics: Metrics) -> Handlers:
    """Return the handlers of the port for the gateway."""

    def answer(request: Request, body: bytearray) -> Verdict:
        return judge(request, body, settings, draw)

    def fail(request: Request, error: Exception) -> Verdict:
        said = {"level": "error", "error": f"{type(error).__name__}: {error}", "method": request.method}
        print(json.dumps({**said, "path": request.path.partition("?")[0][:512]}), file=sys.stderr)
        return failed()

    def done(response: Response, length: int, seconds: float) -> None:
        if isinstance(response, Verdict):
            metrics.add(response.outcome, length, seconds)

    return Handlers(answer, partial(too_long, settings), busy, fail, done)


def _inner(state: _State, metrics: Metrics) -> Handlers:
    """Return the handlers of the port for probes and metrics."""

    def answer(request: Request, _: bytearray) -> Response:
        path = request.path.partition("?")[0]
        if path == "/metrics":
            return _Page(200, generate_latest(metrics.registry).decode())
        if path == "/health":
            return _Page(200, "ok\n")
        if path == "/readyz":
            return _Page(200, "ready\n") if state.is_ready else _Page(503, "stopping\n")
        return _Page(404, "there are /health, /readyz and /metrics\n")

    refused = partial(_Page, 413, "too large\n")
    return Handlers(answer, refused, refused, lambda *_: _Page(500, "failed\n"), lambda *_: None)
