"""Sends requests as bytes, so that nothing is mended on the way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse

from llmd_routes_sidecar.request_head import Request

_SECONDS = 20.0


def head_of(request: Request, body: bytes | None = None) -> bytes:
    """Return the head of a request; with a body and no word of its length, its length is declared."""
    headers = [("host", request.host), *request.headers]
    if body is not None and not request.values("content-length") and not request.values("transfer-encoding"):
        headers.append(("content-length", str(len(body))))
    lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def chunked(body: bytes, size: int = 16384, trailers: tuple[str, ...] = ()) -> bytes:
    """Return a body in chunks."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return framed + b"0\r\n" + "".join(f"{each}\r\n" for each in trailers).encode() + b"\r\n"


@contextmanager
def connected(port: int, host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """Connect, until the block ends."""
    with socket.create_connection((host, port), timeout=_SECONDS) as one:
        yield one


def answer(one: socket.socket, method: str = "POST") -> tuple[int, dict[str, str], bytes]:
    """Return status, headers by lower-case name, and body of the next answer."""
    with HTTPResponse(one, method=method) as response:
        response.begin()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def call(
    port: int, request: Request, body: bytes | None = None, host: str = "127.0.0.1"
) -> tuple[int, dict[str, str], bytes]:
    """Send a request on a connection of its own, and return its answer."""
    with connected(port, host) as one:
        # What is refused by its head is answered before all of its body is taken.
        with suppress(ConnectionError):
            one.sendall(head_of(request, body) + (body or b""))
        return answer(one, request.method)
