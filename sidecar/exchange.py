"""Respond to a gateway that sends a request in pieces: a state machine without sockets. Pure, no I/O.

In: the head of a request, its body in pieces, its trailers, as they come. Out: replies, in the order in which they are
due. The decision is that of `extraction`; this module only knows when it can be made, and what must wait for it.
Spec: Envoy's service.ext_proc.v3, https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/ext_proc_filter
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from threading import Lock
from typing import Final

from .answers import Answer, error, refusal
from .bodies import Body
from .extraction import Decision, Draw, Refusal, Settings, decide, is_too_long, reads_body
from .request_head import Request

# The largest chunk that Envoy accepts in a body that it streams in both directions.
MOST_IN_CHUNK: Final = 62_000


class Mode(Enum):
    """How a gateway sends bodies: not at all, whole, in chunks before the reply to the headers, or full duplex."""

    NONE = "none"
    BUFFERED = "buffered"
    STREAMED = "streamed"
    FULL_DUPLEX = "full duplex"


@dataclass(frozen=True, slots=True)
class Head:
    """The reply to the headers of a request; with a decision the headers change, and the route is selected again.

    `skip_body` asks the gateway not to send the body: it would buffer the whole body, and that of an upgrade is
    endless.
    """

    decision: Decision | None = None
    skip_body: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """The reply to a chunk of a body: it passes; with a decision, the headers change too.

    `data` replaces the chunk; None leaves it unchanged.
    """

    decision: Decision | None = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of the body for the engine, if the gateway has handed over the body."""

    data: bytes
    end: bool


@dataclass(frozen=True, slots=True)
class Trailers:
    """The reply to trailers: they pass."""


Reply = Head | Piece | Chunk | Trailers | Answer


@dataclass
class Room:
    """The number of bytes that may be buffered across all requests; each request returns its share when it ends.

    Safe for use from several threads.
    """

    free: int
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def take(self, count: int) -> bool:
        """Reserve bytes and return True, or return False if they exceed the limit."""
        with self._lock:
            if count > self.free:
                return False
            self.free -= count
            return True

    def give_back(self, count: int) -> None:
        """Release reserved bytes."""
        with self._lock:
            self.free += count


@dataclass
class Exchange:
    """One request. Methods are called in the order of its parts; after an `Answer` there are no more replies.

    Replies are lazy: consume all replies to a part before passing the next part. Bytes of a body count as buffered
    until the last of them is forwarded.
    """

    settings: Settings
    draw: Draw
    mode: Mode
    room: Room
    _request: Request | None = None
    _decided: bool = False
    # One growing buffer: joining many small ones would not free their memory.
    _held: bytearray = field(default_factory=bytearray)
    _pieces: list[int] = field(default_factory=list)
    _answered: bool = False
    _ended: bool = False

    @property
    def is_decided(self) -> bool:
        """Return whether the route of the request has been decided."""
        return self._decided

    @property
    def held(self) -> int:
        """Return the number of buffered bytes of the body."""
        return len(self._held)

    @property
    def is_over(self) -> bool:
        """Return whether the request needs no further replies."""
        return self._answered or self._ended

    def head(self, request: Request, ended: bool) -> Iterator[Reply]:
        """Handle the headers of a request; `ended` is whether it has no body."""
        self._request, self._ended = request, ended
        if self.mode is Mode.NONE or not reads_body(request, self.settings):
            decision = self._decide(None, has_body=not ended)
            if decision.refusal:
                yield self._refuse(decision.refusal)
            else:
                yield Head(decision, skip_body=self.mode is Mode.BUFFERED and not ended)
        elif is_too_long(request, self.settings):
            yield self._refuse(Refusal.TOO_LARGE)
        elif ended:
            yield Head(self._decide(None))
        elif self.mode is Mode.BUFFERED:
            yield Head()

    def body(self, data: bytes, ended: bool) -> Iterator[Reply]:
        """Handle a chunk of the body; `ended` is whether it is the last."""
        if self._answered:
            return
        self._ended = ended
        if self._decided:
            yield Chunk(data, ended) if self.mode is Mode.FULL_DUPLEX else Piece()
        elif not self.room.take(len(data)):
            yield self._answer(_busy())
        else:
            self._held += data
            self._pieces.append(len(data))
            if len(self._held) > self.settings.body_limit:
                yield self._refuse(Refusal.TOO_LARGE)
            elif ended or self.mode is Mode.BUFFERED:
                yield from self._whole(ended)

    def trailers(self) -> Iterator[Reply]:
        """Handle the trailers, which follow the last chunk of a body."""
        if self._answered:
            return
        self._ended = True
        if not self._decided:
            yield from self._whole(False)
        if not self._answered:
            yield Trailers()

    def close(self) -> None:
        """Release all buffered bytes."""
        self.room.give_back(len(self._held))
        self._held = bytearray()

    def _whole(self, ended: bool) -> Iterator[Reply]:
        """Yield the responses that are due once the body is complete."""
        decision = self._decide(self._held)
        if decision.refusal:
            yield self._refuse(decision.refusal)
            return
        for start, end in decision.blanks:
            self._held[start:end] = b" " * (end - start)
        if self.mode is Mode.BUFFERED:
            yield Piece(decision, bytes(self._held) if decision.blanks else None)
        else:
            yield Head(decision)
            if self.mode is Mode.FULL_DUPLEX:
                yield from _chunks(self._held, ended)
            else:
                yield from self._pieces_of(bool(decision.blanks))
        self.close()

    def _pieces_of(self, is_changed: bool) -> Iterator[Piece]:
        """Yield the chunks of a body unchanged, for a gateway that buffers it."""
        end = 0
        for length in self._pieces:
            end += length
            yield Piece(data=bytes(self._held[end - length : end]) if is_changed else None)

    def _decide(self, body: Body | None, has_body: bool = False) -> Decision:
        assert self._request is not None
        self._decided = True
        settings = self.settings
        if self.mode is Mode.NONE:
            # If no body is read, no body is too long.
            settings = replace(settings, body_limit=sys.maxsize)
        return decide(self._request, settings, self.draw, body, has_body)

    def _refuse(self, reason: Refusal) -> Answer:
        return self._answer(refusal(reason, self.settings))

    def _answer(self, answer: Answer) -> Answer:
        self._answered = True
        self.close()
        return answer


def _chunks(body: bytearray, ended: bool) -> Iterator[Chunk]:
    """Yield a body in as few chunks as possible; the last one, which may be empty, ends the body."""
    starts = range(0, len(body), MOST_IN_CHUNK) or range(1 if ended else 0)
    for start in starts:
        yield Chunk(bytes(body[start : start + MOST_IN_CHUNK]), ended and start + MOST_IN_CHUNK >= len(body))


def _busy() -> Answer:
    """Return the response that no more bodies can be buffered now; a retry may succeed."""
    return error(503, "Too many requests are being read; try again.", None, "busy")
