"""HTTP/1.1 over asyncio: whole requests in, responses out in the order of the requests, within limits. I/O.

The parser is llhttp, which rejects requests whose length is ambiguous.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

import httptools

from .http_port import MOST_CONNECTIONS, Port
from .http_responses import Response, encoded, rejection
from .request_head import Request

# Limits of the head of a request: bytes, number of headers; seconds until the head, and then the body, is complete.
MOST_IN_HEAD: Final = 64 * 1024
MOST_HEADERS: Final = 200
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 60.0
# Requests of one connection that wait for an earlier one.
_MOST_WAITING: Final = 100
# Larger bodies (bytes) are handled in worker threads, so that they do not delay other requests.
_LARGE: Final = 512 * 1024


@dataclass(slots=True)
class _Message:
    """A request as it arrives; `answered` is its response if it is refused before it is complete."""

    url: bytes = b""
    host: bytes = b""
    count: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    answered: Response | None = None
    request: Request | None = None
    keeps_alive: bool = True
    seconds: float = 0.0


class HttpProtocol(asyncio.Protocol):
    """One connection."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._parser = httptools.HttpRequestParser(self)
        self._message: _Message | None = None
        self._waiting: deque[_Message] = deque()
        self._is_working = False
        self._in_head = 0
        # The time at which the request must be complete; the timer is kept for later requests, which costs less.
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: Any) -> None:
        """Accept a connection; if there are too many, end an idle one, else this one."""
        self._transport = transport
        port = self._port
        if len(port.connections) >= MOST_CONNECTIONS:
            oldest = next(iter(port.idle), None)
            if oldest is None:
                transport.abort()
                return
            oldest.close()
        port.connections.add(self)
        port.idle[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Release what the connection holds; a worker releases the body that it handles."""
        self._port.connections.discard(self)
        self._port.idle.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
        for message in (*self._waiting, *([self._message] if self._message else [])):
            self._port.room.give_back(len(message.body))
        self._waiting.clear()
        self._message = None

    def data_received(self, data: bytes) -> None:
        """Parse data, and answer the requests that it completes."""
        is_in_head = self._message is None or self._message.request is None
        if is_in_head:
            self._in_head += len(data)
            if self._message is None:
                self._port.idle.pop(self, None)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The data after an upgrade is not HTTP, so the connection ends after the response.
            self._refuse_further()
        except httptools.HttpParserError:
            self._reject(400)
        if self._message is None:
            self._rest()
        elif self._message.request is not None:
            if is_in_head or self._deadline is None:
                self._expect(BODY_SECONDS)
        elif self._in_head > MOST_IN_HEAD:
            self._reject(431)
        elif self._deadline is None:
            self._expect(HEAD_SECONDS)

    def close(self) -> None:
        """End the connection after what is written."""
        self._transport.close()

    def pause_writing(self) -> None:
        """Read nothing while the peer does not read."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again."""
        if not self._is_working:
            self._transport.resume_reading()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._message = _Message()

    def on_url(self, url: bytes) -> None:
        """Add to the path."""
        assert self._message is not None
        self._message.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header. Raises ValueError for one too many, which the parser reports."""
        assert self._message is not None
        message = self._message
        message.count += 1
        if message.count > MOST_HEADERS:
            raise ValueError("too many headers")
        name = name.lower()
        if name in self._port.read:
            message.headers.append((name.decode("latin-1"), value.decode("latin-1")))
        elif name == b"host":
            message.host = message.host or value

    def on_headers_complete(self) -> None:
        """Know the request; its body follows."""
        assert self._message is not None
        self._in_head = 0
        message = self._message
        method, host, path = self._parser.get_method(), message.host, message.url
        message.request = Request(
            method.decode("latin-1"), host.decode("latin-1"), path.decode("latin-1"), tuple(message.headers)
        )

    def on_body(self, data: bytes) -> None:
        """Buffer a part of the body, unless the request is refused."""
        message, port = self._message, self._port
        assert message is not None
        if message.answered is not None:
            return
        if len(message.body) + len(data) > port.body_limit:
            message.answered = port.handlers.too_long()
        elif not port.room.take(len(data)):
            message.answered = port.handlers.busy()
        else:
            message.body += data
            return
        port.room.give_back(len(message.body))
        message.body = bytearray()

    def on_message_complete(self) -> None:
        """Answer the request, after those before it."""
        assert self._message is not None
        self._deadline = None
        self._message.keeps_alive = self._parser.should_keep_alive()
        self._waiting.append(self._message)
        self._message = None
        if len(self._waiting) > _MOST_WAITING:
            self._reject(400)
        self._work()

    def _work(self) -> None:
        """Answer the requests that are complete, in order; a large body occupies the connection."""
        while self._waiting and not self._is_working:
            message = self._waiting.popleft()
            if message.answered is None and len(message.body) > _LARGE:
                self._is_working = True
                self._transport.pause_reading()
                work = self._loop.run_in_executor(self._port.workers, self._response, message)
                work.add_done_callback(lambda done, message=message: self._worked(message, done.result()))  # type: ignore[misc]
                return
            self._finish(message, message.answered or self._response(message))

    def _worked(self, message: _Message, response: Response) -> None:
        self._is_working = False
        self._finish(message, response)
        if not self._transport.is_closing():
            self._transport.resume_reading()
        self._work()

    def _response(self, message: _Message) -> Response:
        """Return the response to a request, also in a worker thread."""
        assert message.request is not None
        begun = time.perf_counter()
        try:
            return self._port.handlers.answer(message.request, message.body)
        except Exception as error:
            return self._port.handlers.failed(message.request, error)
        finally:
            message.seconds = time.perf_counter() - begun

    def _rest(self) -> None:
        """Count the connection as idle if data contained no request, such as an empty line."""
        if not self._is_working and not self._waiting and not self._transport.is_closing():
            if self._in_head > MOST_IN_HEAD:
                self._reject(431)
            else:
                self._port.idle.setdefault(self)

    def _finish(self, message: _Message, response: Response) -> None:
        """Send a response, and release the body."""
        self._port.handlers.done(response, len(message.body), message.seconds)
        self._port.room.give_back(len(message.body))
        message.body = bytearray()
        if self._transport.is_closing():
            return
        keeps_alive = message.keeps_alive and not self._port.is_draining
        is_head = message.request is not None and message.request.method == "HEAD"
        self._transport.write(encoded(response, keeps_alive, is_head))
        if not keeps_alive:
            self.close()
        elif self._message is None and not self._waiting:
            self._port.idle[self] = None

    def _reject(self, status: int) -> None:
        """Answer an invalid request, and end the connection."""
        if not self._transport.is_closing():
            self._transport.write(rejection(status))
            self.close()

    def _refuse_further(self) -> None:
        if not self._is_working and not self._waiting:
            self.close()

    def _expect(self, seconds: float) -> None:
        """End the connection unless the request, or its head, is complete in time; at most HEAD_SECONDS later."""
        self._deadline = self._loop.time() + seconds
        if self._timer is None:
            self._timer = self._loop.call_later(HEAD_SECONDS, self._check_deadline)

    def _check_deadline(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        now = self._loop.time()
        if now >= self._deadline:
            self._transport.abort()
        else:
            self._timer = self._loop.call_at(min(self._deadline, now + HEAD_SECONDS), self._check_deadline)
