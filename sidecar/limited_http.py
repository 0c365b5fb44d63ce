"""HTTP/1.1 with limits on the bytes before a request is complete; uvicorn has none for this parser. I/O."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Limits of a request's headers: bytes, number, and seconds until they are complete.
MOST_IN_HEAD: Final = 32 * 1024
MOST_HEADERS: Final = 200
HEAD_SECONDS = 10.0
# The maximum number of connections per port.
MOST_CONNECTIONS = 500


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Headers that are too long or too many get status 400; late ones close the connection."""

    def connection_made(self, transport: Any) -> None:
        """Start the timer for headers, unless the port has too many connections."""
        super().connection_made(transport)
        self._received = self._headers = 0
        self._timer: asyncio.TimerHandle | None = None
        if sum(self._is_beside(other) for other in self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._head_is_complete()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of headers."""
        self._received += len(data) if self._timer is not None else 0
        super().data_received(data)
        if self._timer is not None and self._received > MOST_IN_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Start the timer for further headers of a reused connection."""
        super().on_message_begin()
        self._headers = 0
        if self._timer is None:
            self._await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header. Raises ValueError for one too many; the parser then responds with 400."""
        self._headers += 1
        if self._headers > MOST_HEADERS:
            raise ValueError("too many headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the timer."""
        self._head_is_complete()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._received = 0
        self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _head_is_complete(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_beside(self, other: Any) -> bool:
        """Return whether a connection uses the same port."""
        return bool((other.server or ("", 0))[1] == (self.server or ("", 0))[1])
