"""`python -m tests.bench.scene.sandbox ROOT ADDRESS PROGRAM [ARGUMENT...]`: becomes a program as in a pod of its own.

The program gets a network namespace with the one ADDRESS (`ADDRESS@PID` joins that of a process), from which it reaches
every address of the namespace that it was started in, and sees ROOT as the root of its files. So two programs may
listen on the same port, and each finds its files and its token at the paths that its manifest says. PROGRAM is a path
inside ROOT; a ROOT of its own holds little, so it takes a statically linked program. `ROOT:/` shows all files of
this machine in it as well, but where it holds others.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pyroute2 import IPRoute

# Outside the range whose every address is local to the bench: that route would win over the one to the sandbox.
PODS = "10.245.0.0/16"
_HOST = "10.245.255.254"
_NEW_NETWORK, _NEW_MOUNTS = 0x40000000, 0x00020000  # CLONE_NEWNET, CLONE_NEWNS: sched.h
_JOIN_SECONDS = 10.0
_BIND, _REC, _PRIVATE = 0x1000, 0x4000, 0x40000  # MS_BIND, MS_REC, MS_PRIVATE: sys/mount.h


def enter_network(address: str) -> None:
    """Move this process into a network namespace with one address, joined to the one it leaves.

    The address is in the range `PODS`. Raises OSError where the machine forbids it.
    """
    outside_namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
    name = f"pod{socket.inet_aton(address).hex()}"
    with IPRoute() as outside:  # its socket stays in the namespace it was opened in
        if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "no network namespace")
        with IPRoute() as inside:
            peer = {"ifname": name, "net_ns_fd": outside_namespace}
            inside.link("add", ifname="eth0", kind="veth", peer=peer)
            _configure(inside, "eth0", address)
            inside.link("set", index=1, state="up")
            _configure(outside, name, _HOST)
            outside.route("replace", dst=f"{address}/32", oif=_index(outside, name))
            inside.route("add", dst=f"{_HOST}/32", oif=_index(inside, "eth0"), scope="link")
            inside.route("add", dst="0.0.0.0/0", gateway=_HOST)
    os.close(outside_namespace)


def join_network(address: str, pid: int) -> None:
    """Move this process into the network namespace with an address that another one has entered, or is entering.

    Raises OSError where the machine forbids it, TimeoutError if the other process does not enter it.
    """
    own, other = Path("/proc/self/ns/net").readlink(), Path(f"/proc/{pid}/ns/net")
    _wait(lambda: other.readlink() != own)
    opened = os.open(other, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(opened, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "the network cannot be joined")
    os.close(opened)
    with IPRoute() as network:
        _wait(lambda: any(each.get("address") == address for each in network.get_addr(family=socket.AF_INET)))
        _wait(lambda: any(network.get_routes(family=socket.AF_INET, table=254)))


def _wait(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _JOIN_SECONDS
    while not is_done():
        if time.monotonic() > deadline:
            raise TimeoutError("the other process has not opened its network")
        time.sleep(0.02)


def show_machine(root: Path) -> None:
    """Show what is in the root of this machine in a folder too, for this process and what it becomes.

    What is in the folder already stays, with all that is below it. Raises OSError where the machine forbids it.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def checked(answer: int, what: str) -> None:
        if answer:
            raise OSError(ctypes.get_errno(), what)

    checked(libc.unshare(_NEW_MOUNTS), "no mount namespace")
    checked(libc.mount(b"none", b"/", None, _REC | _PRIVATE, None), "mounts cannot be made private")
    for entry in Path("/").iterdir():
        place = root / entry.name
        # An empty folder is where an earlier process of this pod had it.
        if place.is_symlink() or place.is_file() or (place.is_dir() and any(place.iterdir())):
            continue
        if entry.is_symlink():
            place.symlink_to(entry.readlink())
        elif entry.is_dir():
            place.mkdir(exist_ok=True)
            checked(libc.mount(bytes(entry), bytes(place), None, _BIND | _REC, None), f"{entry} cannot be shown")


def _configure(network: IPRoute, name: str, address: str) -> None:
    index = _index(network, name)
    network.addr("add", index=index, address=address, prefixlen=32, family=socket.AF_INET)
    network.link("set", index=index, state="up")


def _index(network: IPRoute, name: str) -> int:
    return int(network.link_lookup(ifname=name)[0])


def become(root: str, program: str, *arguments: str) -> None:
    """Become a program that sees a root, in the network of this process."""
    own, _, machine = root.partition(":")
    if machine:
        show_machine(Path(own))
    os.chroot(own)
    os.chdir("/")
    os.execv(program, [program, *arguments])


def main(root: str, address: str, program: str, *arguments: str) -> None:
    """Become the program. Raises OSError if it does not exist or the machine forbids a namespace."""
    place, _, pid = address.partition("@")
    if pid:
        join_network(place, int(pid))
    else:
        enter_network(address)
    become(root, program, *arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
