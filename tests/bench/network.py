"""The network of the bench: in a namespace of its own every address of pods is a local one."""

from __future__ import annotations

import socket
from pathlib import Path

from pyroute2 import IPRoute

# Pods of a bench have addresses of this range, and any process may listen on any of them.
PODS = "10.244.0.0/16"
# Services of a bench have addresses of this range.
SERVICES = "10.96.0.0/16"
# Control planes of a scene listen here: pods that have a network of their own reach it.
CONTROL_PLANE = "10.244.0.1"
_LOOPBACK = 1
_LOCAL_TABLE = 255


def open_network() -> None:
    """Bring up the loopback device, make addresses of pods and Services local, and forward between networks of pods.

    What is open already stays so.
    """
    with IPRoute() as network:
        network.link("set", index=_LOOPBACK, state="up")
        for addresses in (PODS, SERVICES):
            network.route("replace", dst=addresses, oif=_LOOPBACK, type="local", scope="host", table=_LOCAL_TABLE)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def is_open() -> bool:
    """Return whether this process is in a network that `open_network` made."""
    with socket.socket() as probe:
        try:
            probe.bind((CONTROL_PLANE, 0))
        except OSError:
            return False
    return True
