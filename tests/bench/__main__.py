"""`python -m tests.bench [pytest arguments]`: builds what the bench needs, then runs its tests in own namespaces.

Without arguments the tests run in two lanes beside each other: those of API servers, then those of helmfile; and those
of the cluster that runs pods, then those that start one by hand, with helm and kustomize. Each stage builds only what
it needs, so the first tests run while the rest is built. Where all is built, stages that use the same API servers are
one, because starting them takes half a minute.

Building needs the network of the machine; the tests get a network namespace, where every address of pods is local and
nothing can reach further, and a process namespace, so that nothing outlives the run. Where the machine allows no
namespaces the bench is skipped, and under CI it fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .bench import find_toolchain
from .cases import LONG
from .crds import ENVOY_GATEWAY as ENVOY_GATEWAY_CRDS
from .crds import GITOPS, NEWEST, OLDEST, read_crds
from .errors import BenchError
from .gobuild import API_SERVER, ENVOY_GATEWAY, PLACES, POOL_EXTENSION, SCENE, Part, is_built
from .golang import find_go
from .network import open_network
from .processes import leash
from .progress import to_stderr

ROOT = Path(__file__).resolve().parents[2]
INSIDE = "--inside"
NOTHING_RAN = 5  # an exit code of pytest


@dataclass(frozen=True)
class Stage:
    """Tests that run together: the expression that selects them by their marks, and what is built before."""

    name: str
    marks: str
    parts: tuple[Part, ...]


EVERYTHING = (*SCENE, *PLACES, ENVOY_GATEWAY, POOL_EXTENSION)
_SERVERS = "bench and not scene and not demo and not places"
# The longest lane decides; a stage starts when its parts are built.
SERVERS = (
    Stage(
        "API servers", "bench and not scene and not demo and not places and not releases and not gateways", API_SERVER
    ),
    Stage("helmfile, docs, releases and Envoy Gateway", "releases or gateways", EVERYTHING),
)
SERVERS_AT_ONCE = (Stage("API servers, helmfile, releases and Envoy Gateway", _SERVERS, EVERYTHING),)
CLUSTERS = (Stage("cluster", "scene", SCENE), Stage("make scene, helm and kustomize", "demo or places", EVERYTHING))


def main(arguments: list[str]) -> int:
    """Return the exit code of pytest, 0 when the bench is skipped, 1 when it cannot be made."""
    if arguments[:1] == [INSIDE]:
        open_network()
        return subprocess.call([sys.executable, "-m", "pytest", *arguments[1:]], cwd=ROOT)
    if arguments:
        return run_pytest(["-m", selected("bench"), *arguments], EVERYTHING)
    inside = _inside()
    if inside is None:
        return 1 if os.environ.get("CI") else 0
    try:
        lanes = (SERVERS_AT_ONCE if is_built(find_go(to_stderr), EVERYTHING) else SERVERS, CLUSTERS)
        with ThreadPoolExecutor(len(lanes)) as threads:
            return max(threads.map(lambda lane: run_lane(lane, inside), lanes))
    except BenchError as error:
        to_stderr(f"error: {error}")
        return 1


def run_pytest(arguments: Sequence[str], parts: tuple[Part, ...]) -> int:
    """Build programs, run pytest in own namespaces, and return its exit code; as `main` if the bench cannot be made."""
    inside = _inside()
    if inside is None:
        return 1 if os.environ.get("CI") else 0
    try:
        build(parts)
    except BenchError as error:
        to_stderr(f"error: {error}")
        return 1
    return subprocess.call([*inside, *arguments], cwd=ROOT)


def _inside() -> list[str] | None:
    """Return the words that start pytest in own namespaces; None without them, after the reason was printed."""
    own = namespaces()
    if isinstance(own, str):
        to_stderr(f"skipped: {own}")
        return None
    # unshare does not hear SIGTERM while its child runs, so it must die with us, and its child with it.
    return [*leash(), *own, sys.executable, "-m", "tests.bench", INSIDE]


def selected(marks: str) -> str:
    """Return what selects tests by their marks, without those that are left to long runs."""
    return marks if LONG else f"({marks}) and not long"


def build(parts: tuple[Part, ...]) -> None:
    """Build programs, and fetch all CRDs: inside, nothing can be fetched. Raises BenchError when that fails."""
    toolchain = find_toolchain(to_stderr, parts)
    for generation in (OLDEST, NEWEST, GITOPS, ENVOY_GATEWAY_CRDS):
        read_crds(toolchain.go, generation)


def run_lane(lane: Sequence[Stage], inside: Sequence[str]) -> int:
    """Run the stages of a lane, one after the other; return the worst exit code."""
    return max(run_stage(stage, inside) for stage in lane)


def run_stage(stage: Stage, inside: Sequence[str]) -> int:
    """Build what a stage needs and run its tests, whose output is shown as a whole when they end."""
    build(stage.parts)
    to_stderr(f"tests of {stage.name} ... (their output follows when they end)")
    start = time.monotonic()
    with tempfile.TemporaryFile() as output:
        words = [*inside, "-m", selected(stage.marks), "--durations=20", "-p", "no:cacheprovider"]
        code = subprocess.call(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        output.seek(0)
        text = output.read().decode(errors="replace")
    print(f"--- tests of {stage.name}: exit code {code} after {time.monotonic() - start:.0f} s\n{text}", flush=True)
    return 1 if code == NOTHING_RAN else code


def namespaces() -> list[str] | str:
    """Return the words that start a command in namespaces of its own, or why there are none."""
    program = shutil.which("unshare")
    if program is None:
        return "unshare is not installed, and servers must not outlive their tests"
    user = [] if os.geteuid() == 0 else ["-r"]
    words = [program, "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *user]
    done = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    return words if done.returncode == 0 else f"this machine allows no namespaces ({done.stderr.strip()})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
