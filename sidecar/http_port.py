"""What the connections of one port share. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Protocol

from .exchange import Room
from .http_responses import Response
from .request_head import Request

# Connections of one port; the one that is idle for longest ends before a new one is refused.
MOST_CONNECTIONS: Final = 2_000
_WORKERS: Final = 2


class Connection(Protocol):
    """A connection of a port."""

    def close(self) -> None:
        """End it after what is written."""
        ...


@dataclass(frozen=True)
class Handlers:
    """What answers requests: usual ones, those whose body is above the limit, above the memory, or that fail.

    `done` is called in the loop before a response is sent, with the size of the body in bytes and the duration in
    seconds; `answer` and `failed` may be called in worker threads.
    """

    answer: Callable[[Request, bytearray], Response]
    too_long: Callable[[], Response]
    busy: Callable[[], Response]
    failed: Callable[[Request, Exception], Response]
    done: Callable[[Response, int, float], None]


@dataclass
class Port:
    """What the connections of one port share: handlers, the limit of a body in bytes, and buffered bytes.

    Requests have only the headers `read`, in lower case. `idle` has the connections without a request, longest first.
    """

    handlers: Handlers
    body_limit: int
    room: Room
    read: frozenset[bytes] = frozenset()
    connections: set[Connection] = field(default_factory=set)
    idle: dict[Connection, None] = field(default_factory=dict)
    is_draining: bool = False
    workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_WORKERS, "bodies"))

    def drain(self) -> None:
        """End idle connections; the others end with their next response."""
        self.is_draining = True
        for connection in list(self.idle):
            connection.close()
