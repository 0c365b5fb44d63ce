"""What a gateway that asks about a request piece by piece is told: a state machine without sockets. Pure, no I/O.

In: the head of a request, its body in pieces, its trailers, as they come. Out: replies, in the order in which they are
due. The decision is that of `extraction`; this module only knows when it can be made, and what must wait for it.
Spec: Envoy's service.ext_proc.v3, https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/ext_proc_filter
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from .answers import Answer, error, too_large
from .extraction import Decision, Draw, Request, Settings, decide, is_too_long, reads_body

# Envoy takes no larger piece of a body that it streams both ways.
MOST_IN_CHUNK: Final = 62_000


class Mode(Enum):
    """How a gateway sends bodies: not at all, whole, in pieces before it hears about the head, or both ways."""

    NONE = "none"
    BUFFERED = "buffered"
    STREAMED = "streamed"
    FULL_DUPLEX = "full duplex"


@dataclass(frozen=True, slots=True)
class Head:
    """The reply to the head of a request; with a decision it is changed, and its route looked for again.

    `skip_body` asks the gateway not to send the body: it would hold all of it, and that of an upgrade has no end.
    """

    decision: Decision | None = None
    skip_body: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """The reply to a piece of a body: it passes; with a decision, which is made here, the head is changed too."""

    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the body that goes on to the engine, where the gateway has given the body away."""

    data: bytes
    end: bool


@dataclass(frozen=True, slots=True)
class Trailers:
    """The reply to trailers: they pass."""


Reply = Head | Piece | Chunk | Trailers | Answer


@dataclass
class Room:
    """How many bytes of bodies may be held over all requests; what a request takes it gives back when it ends."""

    free: int

    def take(self, count: int) -> bool:
        """Return whether there is room for so many bytes, which then are taken."""
        if count > self.free:
            return False
        self.free -= count
        return True

    def give_back(self, count: int) -> None:
        """Let others have bytes that were taken."""
        self.free += count


@dataclass
class Exchange:
    """One request. Methods are called in the order of its parts; after an `Answer` there are no more replies."""

    settings: Settings
    draw: Draw
    mode: Mode
    room: Room
    _request: Request | None = None
    _decided: bool = False
    _held: list[bytes] = field(default_factory=list)
    _taken: int = 0
    _answered: bool = False

    def head(self, request: Request, ended: bool) -> list[Reply]:
        """Take the head of a request; `ended` is whether it has no body."""
        self._request = request
        if self.mode is Mode.NONE or not reads_body(request, self.settings):
            return [Head(self._decide(None), skip_body=self.mode is Mode.BUFFERED and not ended)]
        if is_too_long(request, self.settings):
            return [self._refuse(too_large(self.settings.body_limit))]
        if ended:
            return [Head(self._decide(None))]
        return [Head()] if self.mode is Mode.BUFFERED else []

    def body(self, data: bytes, ended: bool) -> list[Reply]:
        """Take a piece of the body; `ended` is whether it is the last."""
        if self._answered:
            return []
        if self._decided:
            return [Chunk(data, ended)] if self.mode is Mode.FULL_DUPLEX else [Piece()]
        if not self.room.take(len(data)):
            return [self._refuse(_busy())]
        self._held.append(data)
        self._taken += len(data)
        if self._taken > self.settings.body_limit:
            return [self._refuse(too_large(self.settings.body_limit))]
        return list(self._whole(ended)) if ended or self.mode is Mode.BUFFERED else []

    def trailers(self) -> list[Reply]:
        """Take the trailers, which come after the last piece of a body."""
        if self._answered:
            return []
        return [*([] if self._decided else self._whole(False)), Trailers()]

    def close(self) -> None:
        """Give back what is held."""
        self.room.give_back(self._taken)
        self._taken = 0
        self._held.clear()

    def _whole(self, ended: bool) -> Iterator[Reply]:
        """Yield what is due when the body is there."""
        decision = self._decide(b"".join(self._held))
        if self.mode is Mode.BUFFERED:
            yield Piece(decision)
        else:
            yield Head(decision)
            yield from _chunks(self._held, ended) if self.mode is Mode.FULL_DUPLEX else map(_passes, self._held)
        self.close()

    def _decide(self, body: bytes | None) -> Decision:
        assert self._request is not None
        self._decided = True
        # Where no body is read none is too long.
        limit = sys.maxsize if self.mode is Mode.NONE else self.settings.body_limit
        return decide(self._request, replace(self.settings, body_limit=limit), self.draw, body)

    def _refuse(self, answer: Answer) -> Answer:
        self._answered = True
        self.close()
        return answer


def _passes(_: bytes) -> Reply:
    return Piece()


def _chunks(held: Sequence[bytes], ended: bool) -> Iterator[Chunk]:
    """Yield a body as it came, larger pieces cut; its end is told with the last one, and so with an empty one."""
    full = [piece for piece in held if piece]
    for number, piece in enumerate(full, start=1):
        for start in range(0, len(piece), MOST_IN_CHUNK):
            is_last = number == len(full) and start + MOST_IN_CHUNK >= len(piece)
            yield Chunk(piece[start : start + MOST_IN_CHUNK], ended and is_last)
    if ended and not full:
        yield Chunk(b"", True)


def _busy() -> Answer:
    """Return that no more bodies can be held now: asked again soon, they can."""
    return error(503, "Too many requests are being read; try again.", None, "busy")
