"""The installations that `generate` is proven on: the project's own golden cases, and the shared ones where present."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ruamel.yaml import YAML

from tests.golden import DATA, arguments, folders, run

from .bench import Bench

SHARED = DATA.parents[2] / "shared" / "cases"
# What routes are made of, as kubectl takes kinds.
ROUTING = "httproutes,destinationrules,envoyfilters,inferencepools.inference.networking.k8s.io"
_ISTIO = ("--implementation", "istio")
# Cases that differ in kinds, fields or pools from all others: these run in every way, also without `make e2e-long`.
CHOSEN = frozenset(
    (
        "two-engines",
        "aggregator-with-secrets",
        "alpha-pool",
        "alpha-pool-made",
        "data-parallel-ranks",
        "ext-proc",
        "ext-authz",
        "split",
        "kserve-llmisvc",
        "helmfile-v0-6-pd",
        "shared-labels",
    )
)
# Set by `make e2e-long`: all cases in all ways, and many examples.
LONG = "E2E_LONG" in os.environ
# The shared cases that can be routed, with the namespace that their users install them in and what they lack.
_SHARED_CASES = (
    ("chart-v0-2-all-in-one", "default", ("--gateway", "inference-gateway", *_ISTIO)),
    ("helmfile-v0-6-pd", "llm-d-pd", ()),
    ("simulator-v0-3", "llm-d-sim", ()),
    ("wide-ep-lws", "llm-d-wide-ep", ()),
    ("kustomize-sglang-standalone", "llm-d-optimized-baseline", ("--gateway", "inference-gateway", *_ISTIO)),
    (
        "kserve-llmisvc",
        "kserve-ci-e2e-test",
        ("--gateway", "kserve/kserve-ingress-gateway", "--instance", "kserve", *_ISTIO),
    ),
)


@dataclass(frozen=True)
class Case:
    """Objects in a file, and the options that `generate` needs for them."""

    name: str
    file: Path
    options: tuple[str, ...]

    def objects(self) -> list[dict[str, Any]]:
        """Return the objects of the case."""
        return objects(self.file.read_text(encoding="utf-8"))


ALPHA = "inference.networking.x-k8s.io/v1alpha2"


@cache
def makes_alpha_pools(case: Case) -> bool:
    """Return whether `generate` makes v1alpha2 pools of a case, because its EPPs watch that API."""
    made = in_process("generate", "-f", str(case.file), *case.options)
    return any((obj["apiVersion"], obj["kind"]) == (ALPHA, "InferencePool") for obj in objects(made.stdout))


def own_cases() -> list[Case]:
    """Return the golden cases for which `generate` prints something."""
    made = [folder for folder in folders() if (folder / "exit.txt").read_text() == "0\n"]
    return [Case(folder.name, folder / "objects.yaml", tuple(arguments(folder))) for folder in made]


def shared_cases() -> list[Case]:
    """Return the shared cases that can be routed; none in a stranger's clone."""
    return [
        Case(name, SHARED / name / "objects.yaml", ("-n", namespace, *options))
        for name, namespace, options in _SHARED_CASES
        if (SHARED / name).exists()
    ]


def objects(text: str) -> list[dict[str, Any]]:
    """Return the objects of a YAML stream."""
    return [obj for obj in YAML(typ="safe", pure=True).load_all(text) if obj]


def stream_of(listed: list[dict[str, Any]]) -> str:
    """Return objects as one YAML stream."""
    return "\n---\n".join(map(json.dumps, listed))


def installation(
    namespace: str, gateway: str = "inference-gateway"
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the example of two engines in a namespace: the workloads of the engines, and what is beside them."""
    text = (DATA / "two-engines" / "objects.yaml").read_text(encoding="utf-8")
    listed = objects(text.replace("llm-d-multi-engine", namespace).replace("inference-gateway", gateway))
    engines = [obj for obj in listed if obj["metadata"]["name"].startswith("ms-")]
    return engines, [obj for obj in listed if obj not in engines and obj["kind"] != "Namespace"]


def llmd_routes(*argv: str, bench: Bench | None = None, user: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program as its users do, with the cluster of a bench or none; as admin, or as another user."""
    kubeconfig = (bench.kubeconfigs[user] if user else bench.kubeconfig) if bench else os.devnull
    environment = os.environ | {"KUBECONFIG": str(kubeconfig)}
    command = [sys.executable, "-m", "llmd_routes", *argv]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def user_shell(command: str, bench: Bench, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a user's shell, which finds both programs, in a folder of links, and the cluster."""
    programs = {"kubectl": bench.kubectl.binary, "llmd-routes": Path(sys.executable).with_name("llmd-routes")}
    for name, program in programs.items():
        if not (folder / name).exists():
            (folder / name).symlink_to(program)
    environment = os.environ | {"KUBECONFIG": str(bench.kubeconfig), "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)


def in_process(*argv: str, bench: Bench | None = None) -> subprocess.CompletedProcess[str]:
    """Call the command line as admin without a process of its own, which takes longer to start than most calls."""
    with patch.dict(os.environ, {"KUBECONFIG": str(bench.kubeconfig if bench else os.devnull)}):
        done = run(*argv)
    return subprocess.CompletedProcess(argv, done.code, done.stdout, done.stderr)


def ensure_namespaces(bench: Bench, listed: list[dict[str, Any]]) -> None:
    """Make the namespaces that objects name."""
    names = sorted({obj["metadata"]["namespace"] for obj in listed if obj["metadata"].get("namespace")})
    made = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
    bench.kubectl.must("apply", "--server-side", "-f", "-", stdin=stream_of(made))


def gateway(namespace: str, name: str) -> dict[str, Any]:
    """Return an istio Gateway that takes routes of all namespaces."""
    listener = {"name": "default", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"gatewayClassName": "istio", "listeners": [listener]},
    }
