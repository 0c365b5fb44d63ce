"""The models server: the list, and errors for requests that no engine serves. ASGI; answers from memory.

Clients reach one port; health and metrics are on another, which no route of the gateway leads to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .answers import ADMIN, ALLOWED, Answer, arrived, error
from .extraction import Settings, is_below
from .request_head import Request
from .served import Served


@dataclass
class State:
    """The current state of the server: empty until a catalog is read."""

    served: Served | None = None
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        """Make the metrics."""
        ProcessCollector(registry=self.registry)
        self.answered = Counter("llmd_routes_models_answers", "Answers, by status.", ["status"], registry=self.registry)
        self.entries = Gauge("llmd_routes_models_entries", "Models of engines in the list.", registry=self.registry)

    def take(self, served: Served) -> None:
        """Use this catalog from now on."""
        self.served = served
        self.entries.set(len(served.entries))


def application(
    state: State, settings: Settings, origins: Iterable[str], inner_port: int, admin: ASGIApp | None = None
) -> ASGIApp:
    """Return the whole server; `origins` are the web pages that may use it, `*` for all.

    `admin` answers operators; no web page may use it. Without `admin` its paths do not exist.
    """
    public: ASGIApp = CORSMiddleware(
        _Public(state, settings), allow_origins=list(origins), allow_methods=["*"], allow_headers=["*"]
    )
    inner, operators = _Inner(state), admin or _nothing

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if (scope.get("server") or ("", 0))[1] == inner_port:
            await inner(scope, receive, send)
        elif is_below(str(scope["path"]), ADMIN):
            await operators(scope, receive, send)
        else:
            await public(scope, receive, send)

    return answer


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    found = error(404, "There is nothing for operators here.", None, "not_found")
    await Response(found.body, found.status, media_type="application/json")(scope, receive, send)


@dataclass
class _Public:
    state: State
    settings: Settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._answer(request_of(scope))
        self.state.answered.labels(found.status).inc()
        headers = {"allow": ", ".join(ALLOWED)} if found.status == 405 else {}
        headers |= {"retry-after": "1"} if found.status == 503 else {}
        await Response(found.body, found.status, headers, "application/json")(scope, receive, send)

    def _answer(self, request: Request) -> Answer:
        if self.state.served is None:
            return Answer(
                503,
                '{"error": {"message": "The list of models is not there yet.", "type": "server_error",'
                ' "param": null, "code": "not_ready"}}',
            )
        return arrived(request, self.settings, self.state.served)


@dataclass
class _Inner:
    state: State

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(str(scope["path"]))(scope, receive, send)

    def _answer(self, path: str) -> Response:
        if path == "/health":
            return JSONResponse({"status": "ok"})
        if path == "/readyz":
            ready = self.state.served is not None
            return JSONResponse({"status": "ok" if ready else "no catalog yet"}, 200 if ready else 503)
        if path == "/metrics":
            return Response(generate_latest(self.state.registry), media_type=CONTENT_TYPE_LATEST)
        return PlainTextResponse("there are /health, /readyz and /metrics\n", 404)


def request_of(scope: Scope) -> Request:
    """Return the headers of a request as sent."""
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    host = next((value for name, value in headers if name == "host"), "")
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    return Request(scope["method"], host, path, headers)
