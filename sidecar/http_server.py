"""HTTP servers of the services: their sockets, limits and signals. I/O."""

from __future__ import annotations

import socket
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


def listen(port: int) -> socket.socket:
    """Return a socket that listens on all addresses, including IPv6 if the machine has it; port 0 is any free port.

    Raises OSError if the port is in use.
    """
    if socket.has_dualstack_ipv6():
        opened = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        opened = socket.create_server(("", port))
    # Connections inherit this option. asyncio sets it only on sockets whose protocol is TCP, which is 0 here; without
    # it a response of two writes waits 40 ms for the client's acknowledgement of the first.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def port_of(opened: socket.socket) -> int:
    """Return the port that a socket listens on."""
    port: int = opened.getsockname()[1]
    return port
