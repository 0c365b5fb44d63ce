"""Answer operators with a token: ask all engines now, and show the routes. ASGI.

Each request leaves one line on stderr, whatever it was answered; the token is in none of them.
"""

from __future__ import annotations

import hmac
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .answers import DISCOVER, ROUTING, Answer, error
from .served import Served

_METHODS: Final = {DISCOVER: "POST", ROUTING: "GET"}
_WRITING: Final = "where requests go is configuration: change what is served, and run llmd-routes generate again"


@dataclass
class Admin:
    """Answers operators who have the token of a file.

    `ask_all` returns when all engines have responded; `served` returns what they serve.
    """

    token_file: Path
    ask_all: Callable[[], Awaitable[None]]
    served: Callable[[], Served | None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to a path below `/admin`."""
        headers = Headers(scope=scope)
        method, path = str(scope["method"]), str(scope["path"]).rstrip("/")
        found, challenge = self._refusal(headers.get("authorization"))
        if found is None:
            found = await self._answer(method, path)
        more = {"www-authenticate": challenge} if challenge else {}
        more |= {"allow": _METHODS[path]} if found.status == 405 else {}
        _audit(scope, headers, found.status)
        await Response(found.body, found.status, more, "application/json")(scope, receive, send)

    def _refusal(self, authorization: str | None) -> tuple[Answer | None, str | None]:
        """Return why a request is rejected, and what is accepted instead.

        Spec: RFC 6750, https://www.rfc-editor.org/rfc/rfc6750#section-3
        """
        scheme, _, given = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            return error(401, "This needs a bearer token.", None, "missing_token"), 'Bearer realm="llmd-routes"'
        try:
            wanted = self.token_file.read_bytes().strip()
        except OSError as reason:
            print(f"error: {self.token_file}: cannot be read: {reason.strerror}; nobody is let in", file=sys.stderr)
            wanted = b""
        if not hmac.compare_digest(given.strip().encode("latin-1"), wanted) or not wanted:
            challenge = 'Bearer realm="llmd-routes", error="invalid_token"'
            return error(403, "This is not the token that is needed.", None, "wrong_token"), challenge
        return None, None

    async def _answer(self, method: str, path: str) -> Answer:
        if path not in _METHODS:
            return error(404, f"There are POST {DISCOVER} and GET {ROUTING}.", None, "not_found")
        if method != _METHODS[path]:
            why = f"; {_WRITING}" if path == ROUTING else ""
            return error(405, f"Use {_METHODS[path]}{why}.", None, "method_not_allowed")
        if path == DISCOVER:
            await self.ask_all()
        entries = (self.served() or Served()).entries
        if path == DISCOVER:
            services = {f"{one.id}::{one.owned_by}": one.pool for one in entries}
            return _json({"message": "Service discovery completed", "discovered": len(services), "services": services})
        return _json([{"model": one.id, "owned_by": one.owned_by, "service_name": one.pool} for one in entries])


def _audit(scope: Scope, headers: Headers, status: int) -> None:
    # A dual-stack socket reports IPv4 addresses as IPv4-mapped IPv6 addresses.
    client = (scope.get("client") or ("nobody", 0))[0].removeprefix("::ffff:")
    via = headers.get("x-forwarded-for")
    words = [f"admin: {scope['method']} {scope['path']} {status}, asked by {client}", f" for {via}" if via else ""]
    print("".join(c if " " <= c <= "~" else "?" for c in "".join(words))[:512], file=sys.stderr)


def _json(value: Any) -> Answer:
    return Answer(200, json.dumps(value))
