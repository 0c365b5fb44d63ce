"""Encode responses of HTTP/1.1. Pure, no I/O.

Spec: RFC 9112
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, Protocol

_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}


class Response(Protocol):
    """What is sent for a request; the length of the body is added to the headers."""

    @property
    def status(self) -> int:
        """Return the status code."""
        ...

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return names and values, in order."""
        ...

    @property
    def body(self) -> str:
        """Return the text of the body."""
        ...


def encoded(response: Response, keeps_alive: bool, is_head: bool) -> bytes:
    """Return a response with the length of its body; the response to HEAD has no body."""
    body = response.body.encode()
    lines = "".join([f"{name}: {value}\r\n" for name, value in response.headers])
    end = "" if keeps_alive else "connection: close\r\n"
    status = f"HTTP/1.1 {response.status} {_REASONS.get(response.status, '')}"
    head = f"{status}\r\n{lines}content-length: {len(body)}\r\n{end}\r\n"
    return head.encode("latin-1") + (b"" if is_head else body)


def rejection(status: int) -> bytes:
    """Return the last response of a connection, without a body."""
    return f"HTTP/1.1 {status} {_REASONS[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode()
