"""`python -m tests.bench.scene.cluster_network CONFIG`: a stand-in for kube-proxy and the DNS of a cluster.

It listens on the address of each Service, as kube-proxy once did, and passes connections to the ready pods in turn. It
answers DNS queries for the names of Services with these addresses. CONFIG is a JSON file, written by `cluster_network`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from tests.bench.api import Access, Api, ApiError
from tests.bench.network import CONTROL_PLANE
from tests.bench.processes import Processes

from .relay import pass_on

Obj = dict[str, Any]
ROOT = Path(__file__).resolve().parents[3]
DOMAIN = "svc.cluster.local"
_DNS_PORT = 53
_PERIOD = 0.2
_A, _INTERNET, _TTL = 1, 1, 1
_NO_NAME = 3


class Door(NamedTuple):
    """An address and a port of a Service."""

    address: str
    port: int


class Snapshot(NamedTuple):
    """The Services of a server: the ready HOST:PORT behind each door, and the address by each DNS name."""

    doors: Mapping[Door, tuple[str, ...]]
    names: Mapping[str, str]


def resolver(namespace: str) -> str:
    """Return the resolv.conf of pods in a namespace, as the kubelet writes it."""
    return f"nameserver {CONTROL_PLANE}\nsearch {namespace}.{DOMAIN} {DOMAIN} cluster.local\noptions ndots:5\n"


def read_services(services: list[Obj], slices: list[Obj]) -> Snapshot:
    """Return what Services and EndpointSlices say; only TCP, and Services with an address of their own."""
    doors: dict[Door, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    for service in services:
        name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
        address = service["spec"].get("clusterIP", "None")
        if address in ("None", "") or not service["spec"].get("selector"):
            continue
        names[f"{name}.{namespace}.{DOMAIN}"] = address
        own = [each for each in slices if _belongs(each, name, namespace)]
        for port in service["spec"]["ports"]:
            doors[Door(address, port["port"])] = tuple(_ready(own, port.get("name", "")))
    return Snapshot(doors, names)


def _belongs(one: Obj, name: str, namespace: str) -> bool:
    metadata = one["metadata"]
    return bool(metadata["namespace"] == namespace and metadata["labels"].get("kubernetes.io/service-name") == name)


def _ready(slices: list[Obj], port_name: str) -> Iterator[str]:
    for one in slices:
        numbers = [port["port"] for port in one.get("ports") or () if (port.get("name") or "") == port_name]
        for endpoint in one.get("endpoints") or ():
            if endpoint.get("conditions", {}).get("ready") and numbers:
                yield from (f"{address}:{numbers[0]}" for address in endpoint["addresses"])


class Network:
    """Listens for Services. `follow` and `answer` run in one event loop."""

    def __init__(self) -> None:
        self._seen = Snapshot({}, {})
        self._servers: dict[Door, asyncio.Server] = {}
        self._turn = 0

    async def follow(self, seen: Snapshot) -> None:
        """Listen for new Services, and no longer for those that are gone."""
        self._seen = seen
        for door in self._servers.keys() - seen.doors.keys():
            self._servers.pop(door).close()
        for door in seen.doors.keys() - self._servers.keys():
            self._servers[door] = await asyncio.start_server(self._accept(door), door.address, door.port)

    def _accept(self, door: Door) -> Any:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            targets = self._seen.doors.get(door, ())
            self._turn += 1
            # A pod may have ended a moment ago.
            for number in range(len(targets)):
                if await pass_on((reader, writer), targets[(self._turn + number) % len(targets)]):
                    return
            writer.transport.abort()  # kube-proxy refuses the connection

        return accept

    def answer(self, query: bytes) -> bytes:
        """Return the DNS response to a query with one question."""
        name, end = _name_in(query, 12)
        kind, _ = struct.unpack_from("!HH", query, end)
        question = query[12 : end + 4]
        address = self._seen.names.get(name.lower())
        found = address if address and kind == _A else None
        code = 0 if address else _NO_NAME
        head = query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, 1 if found else 0, 0, 0)
        if found is None:
            return head + question
        record = struct.pack("!HHHIH", 0xC00C, _A, _INTERNET, _TTL, 4) + socket.inet_aton(found)
        return head + question + record


def _name_in(query: bytes, start: int) -> tuple[str, int]:
    """Return the name at a position of a DNS message, and the position after it."""
    labels = []
    while length := query[start]:
        labels.append(query[start + 1 : start + 1 + length].decode())
        start += 1 + length
    return ".".join(labels), start + 1


class _Dns(asyncio.DatagramProtocol):
    def __init__(self, network: Network) -> None:
        self._network = network

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._transport.sendto(self._network.answer(data), address)


async def _serve(access: Access) -> None:
    network, loop = Network(), asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: _Dns(network), local_addr=(CONTROL_PLANE, _DNS_PORT))

    def poll() -> None:
        while True:
            with Api(access) as api:
                try:
                    while True:
                        services = api.request("GET", "/api/v1/services")["items"]
                        slices = api.request("GET", "/apis/discovery.k8s.io/v1/endpointslices")["items"]
                        seen = read_services(services, slices)
                        asyncio.run_coroutine_threadsafe(network.follow(seen), loop).result()
                        time.sleep(_PERIOD)
                except (ApiError, OSError) as error:
                    print(error, flush=True)
                    time.sleep(_PERIOD)

    Thread(target=poll, daemon=True).start()
    await asyncio.Event().wait()


@contextmanager
def cluster_network(access: Access, folder: Path) -> Iterator[None]:
    """Run the stand-in, which keeps its log in `folder`, until the block ends."""
    config = folder / "cluster_network.json"
    config.write_text(
        json.dumps({"server": access.server, "certificate": str(access.certificate), "token": access.token})
    )
    with Processes(folder) as processes:
        environment = {"PYTHONPATH": str(ROOT)}
        processes.start("cluster_network", Path(sys.executable), "-m", __name__, str(config), env=environment)
        yield
        processes.check()


def main(config: Path) -> None:
    """Run until the process is ended."""
    said = json.loads(config.read_text())
    asyncio.run(_serve(Access(said["server"], Path(said["certificate"]), said["token"])))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
