"""HTTP servers of the services: their sockets, limits and signals. I/O."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from .limited_http import LimitedProtocol

# The maximum time for requests in progress after a signal (seconds).
_GRACE: Final = 10


class HttpServer(uvicorn.Server):
    """Serves an ASGI application until `should_exit` is set; the caller handles signals."""

    def __init__(self, application: Any) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=LimitedProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals: uvicorn would send each signal to the process again, and its exit code would not be 0."""
        yield
