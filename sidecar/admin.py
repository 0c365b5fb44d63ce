"""Answer operators with a token: ask all engines now, show the routes, and change them. ASGI.

Routes are changed in the settings of a controller; without one, changes get 405. Each request leaves one line on
stderr, whatever it was answered; the token is in none of them.
"""

from __future__ import annotations

import hmac
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .answers import DISCOVER, ROUTING, Answer, error
from .catalog import Catalog
from .operators import Operators
from .routing import Pair, RefusedError
from .routing_requests import LONGEST_BODY, pair_of_body, pair_of_query

_METHODS: Final = {DISCOVER: ("POST",), ROUTING: ("GET",)}
_CHANGING: Final = ("DELETE", "GET", "POST")
_WRITING: Final = (
    "; routes are configuration: change what is served, and run llmd-routes generate again, or deploy a controller"
)


@dataclass
class Admin:
    """Answers operators who have the token of a file.

    `ask_all` returns when all engines have responded; `catalog` returns the services as the generator knows them.
    `operators` changes the routes; None without a controller.
    """

    token_file: Path
    ask_all: Callable[[], Awaitable[None]]
    catalog: Callable[[], Catalog | None]
    operators: Operators | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to a path below `/admin`."""
        headers = Headers(scope=scope)
        path = str(scope["path"]).rstrip("/")
        found, challenge = self._refusal(headers.get("authorization"))
        change = None
        if found is None:
            found, change = await self._answer(path, scope, receive)
        more = {"www-authenticate": challenge} if challenge else {}
        more |= {"allow": ", ".join(self._methods(path))} if found.status == 405 else {}
        _audit(scope, headers, found.status, change)
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

    def _methods(self, path: str) -> tuple[str, ...]:
        return _CHANGING if path == ROUTING and self.operators is not None else _METHODS.get(path, ())

    async def _answer(self, path: str, scope: Scope, receive: Receive) -> tuple[Answer, Pair | None]:
        """Return the response, and the change that was requested, if any."""
        method, methods = str(scope["method"]), self._methods(path)
        if not methods:
            return error(404, f"There are POST {DISCOVER} and GET {ROUTING}.", None, "not_found"), None
        if method not in methods:
            why = _WRITING if path == ROUTING and self.operators is None else ""
            return error(405, f"Use {', '.join(methods)}{why}.", None, "method_not_allowed"), None
        pair = None
        try:
            if path == DISCOVER:
                return await self._discover(), None
            if method == "GET" or self.operators is None:
                return _json([_shown(route) for route in await self._routes()]), None
            pair = pair_of_body(await _body(receive)) if method == "POST" else _queried(scope)
            return await self._change(self.operators, method, pair), pair
        except RefusedError as refused:
            return _refused(refused), pair

    async def _discover(self) -> Answer:
        if self.operators is not None:
            await self.operators.request(datetime.now(UTC).isoformat())
        await self.ask_all()
        routes = [pair for pair in await self._routes() if pair.owned_by is not None]
        services = {f"{pair.model}::{pair.owned_by}": pair.service_name for pair in routes}
        return _json({"message": "Service discovery completed", "discovered": len(services), "services": services})

    async def _routes(self) -> list[Pair]:
        catalog = self.catalog() or Catalog()
        if self.operators is not None:
            return await self.operators.routes(catalog)
        return [Pair(entry.id, entry.owned_by, entry.pool) for entry in catalog.entries]

    async def _change(self, operators: Operators, method: str, pair: Pair) -> Answer:
        catalog = self.catalog()
        if catalog is None:
            raise RefusedError(503, "the catalog is not there yet; try again")
        if method == "POST":
            await operators.add(catalog, pair)
            return _json(_shown(pair))
        await operators.remove(catalog, pair)
        return _json({"message": "Mapping deleted successfully"})


async def _body(receive: Receive) -> bytes:
    """Return the body of a request, or its beginning if it is too long."""
    body = b""
    while len(body) <= LONGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    return body


def _queried(scope: Scope) -> Pair:
    return pair_of_query(scope["query_string"].decode("latin-1"))


def _shown(pair: Pair) -> dict[str, str | None]:
    return {"model": pair.model, "owned_by": pair.owned_by, "service_name": pair.service_name}


def _refused(refused: RefusedError) -> Answer:
    """Return the response for a refused request; clients of the guide's gateway read `detail`."""
    shown = json.loads(error(refused.status, f"{refused}.", None, "refused").body)
    return Answer(refused.status, json.dumps({"detail": str(refused), **shown}))


def _audit(scope: Scope, headers: Headers, status: int, change: Pair | None) -> None:
    # A dual-stack socket reports IPv4 addresses as IPv4-mapped IPv6 addresses.
    client = (scope.get("client") or ("an unknown client", 0))[0].removeprefix("::ffff:")
    via = headers.get("x-forwarded-for")
    words = [f"admin: {scope['method']} {scope['path']} {status}, asked by {client}", f" for {via}" if via else ""]
    words += [f": {json.dumps(_shown(change))}"] if change is not None else []
    print("".join(c if " " <= c <= "~" else "?" for c in "".join(words))[:512], file=sys.stderr)


def _json(value: Any) -> Answer:
    return Answer(200, json.dumps(value))
