"""The network of the bench: in a namespace of its own every address of pods is a local one."""

from __future__ import annotations

from pyroute2 import IPRoute

# Pods of a bench have addresses of this range, and any process may listen on any of them.
PODS = "10.244.0.0/16"
_LOOPBACK = 1
_LOCAL_TABLE = 255


def open_network() -> None:
    """Bring up the loopback device, and make the addresses of pods local; what is open already stays so."""
    with IPRoute() as network:
        network.link("set", index=_LOOPBACK, state="up")
        network.route("replace", dst=PODS, oif=_LOOPBACK, type="local", scope="host", table=_LOCAL_TABLE)
