"""A controller beside a scene: it reaches the API server through a relay that can be cut, and clients ask meanwhile."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from tests.bench.apiserver import free_ports, write_kubeconfig
from tests.bench.processes import Processes
from tests.bench.waiting import until

from .calls import Answer
from .gateway import Gateway
from .programs import ROOT
from .scene import GATEWAY, Scene

Obj = dict[str, Any]
_CONTROLLER, _RELAY = "controller", "relay"


@dataclass(frozen=True)
class Controlled:
    """A running controller of a scene; `folder` has its log."""

    scene: Scene
    folder: Path
    processes: Processes

    def lines(self) -> list[Obj]:
        """Return what the controller has logged."""
        text = (self.folder / f"{_CONTROLLER}.log").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def logged(self, part: str, since: int = 0) -> list[Obj]:
        """Return the lines whose message contains a text, without the first ones."""
        return [line for line in self.lines()[since:] if part in line["message"]]

    def cut(self) -> None:
        """Let the controller lose the API server."""
        self.processes.kill(_RELAY)

    def mend(self) -> None:
        """Let the controller find the API server again."""
        self.processes.again(_RELAY)

    def kill(self) -> None:
        """End the controller without asking it."""
        self.processes.kill(_CONTROLLER)

    def again(self) -> None:
        """Start the controller again that was killed."""
        self.processes.again(_CONTROLLER)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let the controller do nothing until the block ends, wherever it is, as a machine that is overloaded."""
        os.kill(self.processes.pid(_CONTROLLER), signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.processes.pid(_CONTROLLER), signal.SIGCONT)

    def engines(self) -> list[str]:
        """Return the engines that the routes of the controller name, sorted."""
        routes = self.scene.kubectl("get", "httproutes", "-l", "llmd-routes/instance", "-o", "json")
        headers = [
            header
            for route in json.loads(routes)["items"]
            for rule in route["spec"]["rules"]
            for match in rule["matches"]
            for header in match.get("headers", ())
        ]
        named = {header["value"] for header in headers if header["name"].lower() == "x-owned-by"}
        return sorted(named & {"vllm", "sglang", "team-a"})

    def wait(self, *engines: str) -> None:
        """Return once the routes name these engines, and Envoy follows them."""
        until(lambda: self.engines() == sorted(engines), lambda: f"routes for {engines}, not {self.engines()}")
        self.scene.wait_for_envoy()


@contextmanager
def controlled(scene: Scene, folder: Path, *options: str) -> Iterator[Controlled]:
    """Run a controller for the Gateway of a scene until the block ends."""
    server = urlsplit(scene.cluster.bench.server)
    assert server.hostname is not None
    (port,) = free_ports(1, server.hostname)
    access = scene.cluster.access
    kubeconfig = folder / "kubeconfig"
    write_kubeconfig(kubeconfig, f"https://{server.hostname}:{port}", access.certificate, access.token)
    environment = {"KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT)}
    python = Path(sys.executable)
    words = ("controller", "-n", scene.namespace, "--gateway", f"{scene.namespace}/{GATEWAY}", *options)
    with Processes(folder) as processes:
        places = (f"{server.hostname}:{port}", f"{server.hostname}:{server.port}")
        processes.start(_RELAY, python, "-m", "tests.bench.scene.relay", *places, env=environment)
        processes.start(_CONTROLLER, python, "-m", "llmd_routes", *words, env=environment)
        yield Controlled(scene, folder, processes)


@dataclass
class Client:
    """Asks for a healthy engine again and again, and keeps every answer that is not its."""

    gateway: Gateway
    engine: str
    asked: int = 0
    failed: list[str] = field(default_factory=list)

    def ask(self, stopping: Event) -> None:
        """Send requests until an event is set."""
        while not stopping.wait(0.02):
            self.asked += 1
            try:
                answer = self.gateway.chat({}, owned_by=self.engine)
            except OSError as error:
                self.failed.append(str(error))
            else:
                self._judge(answer)

    def _judge(self, answer: Answer) -> None:
        if (answer.status, answer.engine) != (200, self.engine):
            self.failed.append(f"{answer.status} of {answer.engine}: {answer.body[:200]!r}")


@contextmanager
def asking(gateway: Gateway, engine: str) -> Iterator[Client]:
    """Ask for an engine until the block ends, in a thread."""
    client, stopping = Client(gateway, engine), Event()
    thread = Thread(target=client.ask, args=(stopping,))
    thread.start()
    try:
        yield client
    finally:
        stopping.set()
        thread.join()
