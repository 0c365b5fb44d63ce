"""`python -m tests.bench.scene up SCENE [FOLDER]` and `down [FOLDER]`: a cluster to try things on (`make scene`).

It is reached from any shell. It runs in namespaces of its own, as the tests do; relays publish its API server and its
gateway on 127.0.0.1. SCENE names what is in it: `two-engines`, the cluster of the guide; `standalone`, two stand-alone
routers of llm-d without a Gateway; `controller`, the cluster of the guide, to which a controller is to be added; or
`empty`, to which a Gateway may come later. Everything belongs to one process,
whose end ends it all; its folder, by default in the cache, keeps logs until the next start.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.__main__ import namespaces
from tests.bench.api import Access, Api, ApiError
from tests.bench.apiserver import etcd_server, free_ports
from tests.bench.bench import find_toolchain
from tests.bench.cache import cache_root
from tests.bench.crds import NEWEST, read_crds
from tests.bench.errors import BenchError
from tests.bench.gobuild import HELM, HELMFILE, SCENE, programs
from tests.bench.network import open_network
from tests.bench.processes import Processes
from tests.bench.progress import to_stderr
from tests.bench.waiting import until

from .cluster import open_cluster
from .front_door import LABEL, PORT, open_standalone
from .instructions import instructions, write_access
from .programs import ROOT
from .scene import is_ready, open_scene

NAMESPACE = "llm-d-multi-engine"
EMPTY, STANDALONE, CONTROLLER = "empty", "standalone", "controller"
READY_SECONDS = 180.0
LOOK_SECONDS = 0.5
RELAYED = ("api", "gateway")
# The labels of the pods that clients connect to, and their port.
GATEWAY_LABELS = {"gateway.networking.k8s.io/gateway-name": 80, LABEL: PORT}
_MODULE = "tests.bench.scene"
_RELAY = (sys.executable, "-m", f"{_MODULE}.relay")


def up(name: str, folder: Path) -> None:
    """Start a scene and say how to use it. Raises BenchError if it does not start."""
    words = namespaces()
    if isinstance(words, str):
        raise BenchError(words)
    if _pids(folder):
        raise BenchError("a scene runs already; end it with `make scene-down`")
    toolchain = find_toolchain(to_stderr, (*SCENE, HELM))
    read_crds(toolchain.go, NEWEST)
    links = {name: toolchain.programs[name] for name in ("kubectl", "helm")}
    if name == EMPTY:  # a deployment is to come
        links |= programs(toolchain.go, (HELMFILE,), to_stderr)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    scene = _start(folder, "inside", *words, sys.executable, "-m", _MODULE, "inside", name, str(folder))
    pids = [scene.pid]
    ready = folder / "ready"
    try:
        # Its command line cannot be read yet for a moment after it was started.
        until(lambda: ready.exists() or scene.poll() is not None, f"scene {name} is ready", READY_SECONDS)
        if not ready.exists():
            raise BenchError(f"the scene ended; see {folder / 'inside.log'}")
        ports = dict(zip(RELAYED, free_ports(len(RELAYED)), strict=True))
        places = [place for each in RELAYED for place in (f"127.0.0.1:{ports[each]}", str(folder / each))]
        pids.insert(0, _start(folder, "relay", *_RELAY, *places).pid)
    finally:
        (folder / "pids").write_text("".join(f"{pid}\n" for pid in pids))
    write_access(folder, folder / "cluster" / "kubeconfig", links, ports["api"])
    print(instructions(folder, NAMESPACE, f"127.0.0.1:{ports['gateway']}", kind=name))


def down(folder: Path) -> None:
    """End the scene, if one runs."""
    for pid in _pids(folder):
        os.kill(pid, signal.SIGKILL)  # unshare hears nothing else while its child runs, which dies with it


def inside(name: str, folder: Path) -> None:
    """Run the cluster, and its side of the relays, until the process is ended."""
    open_network()
    toolchain = find_toolchain(to_stderr, SCENE)
    with ExitStack() as stack:
        etcd = stack.enter_context(etcd_server(toolchain.programs, folder))
        (folder / "cluster").mkdir()
        cluster = stack.enter_context(open_cluster(toolchain, etcd, folder / "cluster", to_stderr))
        if name == STANDALONE:
            stack.enter_context(open_standalone(cluster, NAMESPACE))
        elif name != EMPTY:
            stack.enter_context(open_scene(cluster, "two-engines" if name == CONTROLLER else name, NAMESPACE))
        processes = stack.enter_context(Processes(folder))
        _relay(processes, folder, "api", cluster.bench.server.removeprefix("https://"))
        bench = cluster.bench
        api = stack.enter_context(Api(Access(bench.server, bench.certificate, bench.token)))
        led = _lead_to_gateway(api, processes, folder, None)
        (folder / "ready").touch()
        while True:
            time.sleep(LOOK_SECONDS)
            led = _lead_to_gateway(api, processes, folder, led)


def _lead_to_gateway(api: Api, processes: Processes, folder: Path, led: str | None) -> str | None:
    """Let the relay lead to the pod of a Gateway, wherever it is now; return its HOST:PORT, or `led` without one."""
    places: list[str] = []
    try:
        for label, port in GATEWAY_LABELS.items():
            pods = api.request("GET", f"/api/v1/pods?labelSelector={label}")["items"]
            places += [f"{pod['status']['podIP']}:{port}" for pod in pods if is_ready(pod)]
    except (ApiError, OSError):  # the server is busy, or away: it is asked again
        return led
    if not places or led in places:
        return led
    if led:
        processes.end("relay-gateway")
    _relay(processes, folder, "gateway", places[0])
    return places[0]


def _relay(processes: Processes, folder: Path, name: str, target: str) -> None:
    """Start the inner side of a relay, and return once it listens."""
    place = folder / name
    place.unlink(missing_ok=True)
    processes.start(f"relay-{name}", Path(_RELAY[0]), *_RELAY[1:], str(place), target, env={"PYTHONPATH": str(ROOT)})
    until(place.exists, f"the relay to {name} listens")


def _start(folder: Path, name: str, *words: str) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one, with a log in the folder."""
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


def _pids(folder: Path) -> list[int]:
    """Return the processes that `up` started and that still run."""
    file = folder / "pids"
    return [pid for pid in map(int, file.read_text().split()) if _is_ours(pid)] if file.exists() else []


def _is_ours(pid: int) -> bool:
    """Return whether a process runs and is of a scene: numbers come back."""
    try:
        return _MODULE.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _folder(words: list[str]) -> Path:
    return Path(words[0]) if words else cache_root() / "scene"


def main(argv: list[str]) -> int:
    """Return the exit code."""
    try:
        match argv:
            case ["up", name, *rest]:
                up(name, _folder(rest))
            case ["inside", name, folder]:
                inside(name, Path(folder))
            case ["down", *rest]:
                down(_folder(rest))
            case _:
                raise BenchError(f"usage: python -m {_MODULE} up SCENE [FOLDER] | down [FOLDER]")
    except BenchError as error:
        to_stderr(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
