"""Which program of this machine stands for which image, and what it is started with.

Envoy and the endpoint picker are real; an engine is a stand-in unless one is installed (`make engines`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.bench.errors import BenchError

from .cluster_network import resolver
from .containers import Container, write_files
from .envoy import bootstrap

Obj = dict[str, Any]
ROOT = Path(__file__).resolve().parents[3]
_EPP = re.compile(r"/epp:|inference-scheduler|endpoint-picker")
_ISTIO_PROXY = re.compile(r"/proxyv2:")
_ENVOY = re.compile(r"/envoy:")
_ECHO = re.compile(r"/echo:")
_SIDECAR = re.compile(r"/llmd-routes:")
_ENGINES = {"vllm": re.compile(r"vllm"), "sglang": re.compile(r"sglang")}
_REAL_ENGINES = _ENGINES | {"llamacpp": re.compile(r"llama\.cpp")}


@dataclass(frozen=True)
class Start:
    """How to become a container: the words that do it, and the environment on top of this one."""

    words: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True)
class RealEngine:
    """An engine of this machine: the folder of its programs, its environment, what it needs on a CPU, where it runs."""

    programs: Path
    folder: Path
    env: Mapping[str, str]
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Programs:
    """The programs by their name (`epp`, `envoy`), the address of istiod, HOST:PORT, and installed engines by name."""

    paths: Mapping[str, str]
    xds: str
    engines: Mapping[str, RealEngine] = field(default_factory=dict)

    def start(self, pod: Obj, container: Container, address: str, folder: Path) -> Start:
        """Return how to run a container of a pod at an address; its files go to `folder`.

        `ADDRESS@PID` joins the network of a process.
        Raises BenchError if no program stands for its image.
        """
        for name, real in self.engines.items():
            if _REAL_ENGINES[name].search(container.image):
                return _real(real, container, address)
        for engine, pattern in _ENGINES.items():
            if pattern.search(container.image):
                words = (engine, *container.command, *container.args)
                return _at(address, "/", sys.executable, "-m", "tests.bench.scene.engine", *words)
        if _EPP.search(container.image):
            return _rooted(folder, self.paths["epp"], container, address)
        if _ISTIO_PROXY.search(container.image):
            config = folder / "bootstrap.json"
            config.write_text(json.dumps(bootstrap(pod, address, self.xds)))
            flags = ("--config-path", str(config), "--disable-hot-restart", "--concurrency", "2", "-l", "warning")
            return _at(address, "/", self.paths["envoy"], *flags)
        if _ENVOY.search(container.image):
            # Without a folder for hot restarts, which all Envoys of this machine would share.
            args = (*container.args, "--disable-hot-restart")
            files = {**container.files, "/etc/resolv.conf": resolver(pod["metadata"]["namespace"])}
            stock = replace(container, args=tuple(dict.fromkeys(args)), files=files)
            return _beside(folder, self.paths["envoy"], stock, address)
        if _SIDECAR.search(container.image):
            (program,) = container.command
            return _beside(folder, str(Path(sys.executable).parent / program), container, address)
        if _ECHO.search(container.image):
            return _at(address, "/", sys.executable, "-m", "tests.envoy.upstream", *container.args)
        raise BenchError(f"no program stands for image {container.image}")


def as_json(programs: Programs) -> Obj:
    """Return programs as a value of JSON."""
    engines = {
        name: {
            "programs": str(engine.programs),
            "folder": str(engine.folder),
            "env": dict(engine.env),
            "more": list(engine.more),
        }
        for name, engine in programs.engines.items()
    }
    paths = {name: str(path) for name, path in programs.paths.items()}
    return {"paths": paths, "xds": programs.xds, "engines": engines}


def of_json(value: Obj) -> Programs:
    """Return the programs of a value that `as_json` has made."""
    engines = {
        name: RealEngine(Path(each["programs"]), Path(each["folder"]), each["env"], tuple(each["more"]))
        for name, each in value["engines"].items()
    }
    return Programs(value["paths"], value["xds"], engines)


def network_of(address: str) -> Start:
    """Return how to keep a network with an address open, for the containers of one pod."""
    return _at(address, "/", sys.executable, "-c", "import signal; signal.pause()")


def _real(engine: RealEngine, container: Container, address: str) -> Start:
    """Return how to run the command of a container with an installed engine."""
    path = f"PATH={engine.programs}:{os.environ['PATH']}"
    command = (*container.command, *container.args, *engine.more)
    words = ("/usr/bin/env", f"--chdir={engine.folder}", path, *command)
    return _at(address, "/", *words, env={**container.env, **engine.env})


def _at(address: str, root: str, *words: str, env: Mapping[str, str] | None = None) -> Start:
    sandbox = (sys.executable, "-m", "tests.bench.scene.sandbox", root, address)
    return Start((*sandbox, *words), {"PYTHONPATH": str(ROOT), **(env or {})})


def _rooted(folder: Path, program: str, container: Container, address: str) -> Start:
    root = folder / "root"
    inside = root / Path(program).name
    root.mkdir(exist_ok=True)
    (root / "tmp").mkdir(exist_ok=True)
    if not inside.exists():
        _link(Path(program), inside)
    write_files(root, container.files)
    return _at(address, str(root), f"/{inside.name}", *container.args, env=container.env)


def _beside(folder: Path, program: str, container: Container, address: str) -> Start:
    """Return how to run a program that needs the files of this machine, with those of the container among them."""
    root = folder / "root"
    root.mkdir(exist_ok=True)
    write_files(root, container.files)
    return _at(address, f"{root}:/", program, *container.args, env=container.env)


def _link(program: Path, inside: Path) -> None:
    try:
        os.link(program, inside)
    except OSError:  # another file system
        inside.write_bytes(program.read_bytes())
        inside.chmod(0o755)
