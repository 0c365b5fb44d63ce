"""Calls an ASGI application as a server does, without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import ASGIApp

from llmd_routes_sidecar.request_head import Request

PUBLIC, INNER = 8000, 9090
_PIECE = 4096


def ask(
    app: ASGIApp, request: Request, port: int = PUBLIC, body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers by lower-case name, and body of the answer; the request has a body only if it is given."""
    path, _, query = request.path.partition("?")
    headers = [("host", request.host), *((name.lower(), value) for name, value in request.headers)]
    scope = {
        "type": "http",
        "method": request.method,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "server": ("127.0.0.1", port),
    }
    sent: list[Any] = []
    pieces: list[bytes] = []

    async def receive() -> Any:
        assert body is not None, "the body was asked for"
        at = len(pieces) * _PIECE
        pieces.append(body[at : at + _PIECE])
        return {"type": "http.request", "body": pieces[-1], "more_body": at + _PIECE < len(body)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    head = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, b"".join(message.get("body", b"") for message in sent[1:])
