"""Listening sockets of the services. I/O."""

from __future__ import annotations

import socket


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
