"""`python -m tests.bench.scene.kubelet CONFIG`: a stand-in for the scheduler and every kubelet of a cluster.

It binds each pod to the one node, runs the programs that stand for its containers in a sandbox of its own, probes them,
reports its status, starts them again when they end, and removes what is deleted. CONFIG is a JSON file, written by
`kubelet`; logs of containers go to files beside it, `<namespace>.<pod>.log` for the first and
`<namespace>.<pod>.<container>.log` for others, and their process numbers to files that end in `.pid`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.api import MERGE_PATCH, Access, Api, ApiError
from tests.bench.errors import BenchError
from tests.bench.processes import Processes

from .containers import read_container, read_files, write_files
from .probes import is_ready
from .programs import ROOT, Programs, as_json, network_of, of_json

Obj = dict[str, Any]
NODE = "bench-node"
# Seconds between two looks at the pods, and at the ConfigMaps that one mounts.
_PERIOD, _FILES_PERIOD = 0.2, 2.0
# Real engines answer probes slowly, SGLang by generating a token: seconds for an answer and between two probes of a
# ready pod, and how many failures in a row make it unready.
_SLOW, _SLOW_PERIOD, _FAILURES = 3.0, 5.0, 3


@dataclass
class Running:
    """A pod whose containers were started; `reported` is what its status was last set from.

    `names` are the processes of its containers, in their order, and `roots` the folders of their files, which were
    looked at last at `looked` (monotonic). With several containers, the process `pause` keeps their network.
    """

    names: tuple[str, ...]
    address: str
    roots: tuple[Path, ...]
    looked: float
    pause: str | None = None
    restarts: int = 0
    reported: tuple[bool, int] | None = None
    probed: float = 0.0
    failures: int = 0


@dataclass
class Kubelet:
    """Makes what runs follow the pods of a server. Nothing but `sync` is to be called."""

    api: Api
    access: Access
    programs: Programs
    processes: Processes
    folder: Path
    running: dict[str, Running] = field(default_factory=dict)
    _addresses: Iterator[str] = field(default_factory=lambda: _addresses())

    def sync(self) -> None:
        """Look at all pods once. Raises ApiError or OSError if the server fails; the next call goes on."""
        pods: list[Obj] = self.api.request("GET", "/api/v1/pods")["items"]
        for uid in self.running.keys() - {pod["metadata"]["uid"] for pod in pods}:
            self._end(uid)
        for pod in pods:
            try:
                self._sync(pod)
            except ApiError as error:  # an object that it mounts is not there yet, or the pod is gone
                if error.status not in (404, 409):
                    raise
            except BenchError as error:  # the others go on
                self._refuse(pod, str(error))

    def _sync(self, pod: Obj) -> None:
        uid, path = pod["metadata"]["uid"], _path(pod)
        if pod["metadata"].get("deletionTimestamp"):
            self._end(uid)
            self.api.request("DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}})
        elif not pod["spec"].get("nodeName"):
            target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
            self.api.request("POST", f"{path}/binding", {"target": target, "metadata": {"name": _name(pod)}})
        elif uid not in self.running:
            self._start(pod)
        else:
            self._watch(pod, self.running[uid])

    def _start(self, pod: Obj) -> None:
        address = next(self._addresses)
        specs: list[Obj] = pod["spec"]["containers"]
        containers = [read_container(pod, spec, address, self.api, self.access) for spec in specs]
        first = f"{pod['metadata']['namespace']}.{_name(pod)}"
        names = (first, *(f"{first}.{spec['name']}" for spec in specs[1:]))
        folders = [self.folder / name for name in names]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        # A network that several containers share outlives each of them.
        pause = f"{first}.pause" if len(specs) > 1 else None
        place = self._open_network(pause, address) if pause else address
        for name, container, folder in zip(names, containers, folders, strict=True):
            start = self.programs.start(pod, container, place, folder)
            self.processes.start(name, Path(start.words[0]), *start.words[1:], env=start.env)
            self._tell_pid(name)
        roots = tuple(folder / "root" for folder in folders)
        self.running[pod["metadata"]["uid"]] = Running(names, address, roots, time.monotonic(), pause)

    def _open_network(self, pause: str, address: str) -> str:
        """Open a network for several containers, and return what makes a sandbox join it."""
        start = network_of(address)
        self.processes.start(pause, Path(start.words[0]), *start.words[1:], env=start.env)
        return f"{address}@{self.processes.pid(pause)}"

    def _refuse(self, pod: Obj, reason: str) -> None:
        """Say in its status why a pod does not run."""
        container = pod["spec"]["containers"][0]
        waiting = {"name": container["name"], "image": container["image"], "imageID": "", "ready": False}
        waiting |= {"restartCount": 0, "state": {"waiting": {"reason": "CannotRunHere", "message": reason}}}
        if pod["status"].get("containerStatuses") != [waiting]:
            status = {"status": {"phase": "Pending", "containerStatuses": [waiting]}}
            self.api.request("PATCH", f"{_path(pod)}/status", status, MERGE_PATCH)

    def _watch(self, pod: Obj, running: Running) -> None:
        if pod["spec"].get("volumes") and time.monotonic() > running.looked + _FILES_PERIOD:
            running.looked = time.monotonic()
            for spec, root in zip(pod["spec"]["containers"], running.roots, strict=True):
                write_files(root, read_files(pod, spec, self.api))
        ended = [name for name in running.names if self.processes.has_ended(name)]
        ready = not ended and self._is_ready(pod, running)
        if running.reported != (ready, running.restarts):
            running.reported = (ready, running.restarts)
            status = {"status": _status(pod, running, ready)}
            self.api.request("PATCH", f"{_path(pod)}/status", status, MERGE_PATCH)
        for name in ended:
            self.processes.again(name)
            self._tell_pid(name)
            running.restarts += 1

    def _is_ready(self, pod: Obj, running: Running) -> bool:
        """Return whether the containers of a pod are ready; with real engines, as patiently as a kubelet."""
        specs = pod["spec"]["containers"]
        if not self.programs.engines:
            return all(is_ready(spec, running.address) for spec in specs)
        was_ready, now = bool(running.reported and running.reported[0]), time.monotonic()
        if was_ready and now < running.probed + _SLOW_PERIOD:
            return True
        running.probed = now
        ready = all(is_ready(spec, running.address, _SLOW) for spec in specs)
        running.failures = 0 if ready else running.failures + 1
        return ready or (was_ready and running.failures < _FAILURES)

    def _tell_pid(self, name: str) -> None:
        (self.folder / f"{name}.pid").write_text(str(self.processes.pid(name)))

    def _end(self, uid: str) -> None:
        if running := self.running.pop(uid, None):
            for name in (*running.names, *([running.pause] if running.pause else [])):
                self.processes.kill(name)


def _addresses() -> Iterator[str]:
    for number in range(1, 255 * 254):
        yield f"10.245.{number // 254}.{number % 254 + 1}"


def _name(pod: Obj) -> str:
    return str(pod["metadata"]["name"])


def _path(pod: Obj) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{_name(pod)}"


def _status(pod: Obj, running: Running, ready: bool) -> Obj:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = "True" if ready else "False"
    conditions = {"PodScheduled": "True", "Initialized": "True", "ContainersReady": said, "Ready": said}
    return {
        "phase": "Running",
        "podIP": running.address,
        "podIPs": [{"ip": running.address}],
        "startTime": pod["status"].get("startTime", now),
        "conditions": [{"type": kind, "status": is_so} for kind, is_so in conditions.items()],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": ready,
                "restartCount": running.restarts,
                "state": {"running": {"startedAt": now}},
            }
            for container in pod["spec"]["containers"]
        ],
    }


@contextmanager
def kubelet(access: Access, programs: Programs, folder: Path) -> Iterator[None]:
    """Run the stand-in in `folder`, which keeps its log and those of all containers, until the block ends."""
    config = folder / "config.json"
    config.write_text(
        json.dumps(
            {"server": access.server, "certificate": str(access.certificate), "token": access.token}
            | {"programs": as_json(programs)}
        )
    )
    environment = {"PYTHONPATH": str(ROOT)}
    with Processes(folder) as processes:
        processes.start("kubelet", Path(sys.executable), "-m", __name__, str(config), env=environment)
        yield
        processes.check()


def main(config: Path) -> None:
    """Run until the process is ended."""
    # Pods must not find the kubeconfig and the options of whoever has started the scene.
    for name in [name for name in os.environ if name == "KUBECONFIG" or name.startswith("LLMD_ROUTES_")]:
        del os.environ[name]
    os.environ["HOME"] = str(config.parent)
    said: Mapping[str, Any] = json.loads(config.read_text())
    access = Access(said["server"], Path(said["certificate"]), said["token"])
    folder = config.parent
    with Api(access) as api, Processes(folder) as processes:
        node = Kubelet(api, access, of_json(said["programs"]), processes, folder)
        while True:
            try:
                node.sync()
            except (ApiError, BenchError, OSError) as error:
                print(error, flush=True)
            time.sleep(_PERIOD)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
