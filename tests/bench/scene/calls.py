"""Plain HTTP calls, as a client makes them: one connection each, and everything that came back."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """What a client got: the status, headers by their lower-case names, the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def engine(self) -> str | None:
        """Which engine answered; None when it was the gateway itself."""
        return self.headers.get("x-bench-engine")

    @property
    def said(self) -> Any:
        """The body, parsed; None when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def call(
    host: str,
    port: int,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> Answer:
    """Send one request. Raises OSError if nobody listens, or goes away before the answer is complete."""
    with connect(host, port) as connection:
        try:
            connection.request(method, path, body, dict(headers or {}))
            return read(connection.getresponse())
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error


@contextmanager
def connect(host: str, port: int) -> Iterator[http.client.HTTPConnection]:
    """Connect with the first request, until the block ends."""
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        yield connection
    finally:
        connection.close()


def read(response: http.client.HTTPResponse) -> Answer:
    """Return a response that is read to its end."""
    with response:
        body = response.read()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
