"""The documented command prunes obsolete objects of llmd-routes and keeps all other objects."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden import DATA
from tests.regenerate import ROOT

from .bench import Bench
from .cases import ROUTING, ensure_namespaces, llmd_routes, objects, stream_of

NAMESPACE = "llm-d-multi-engine"
INSTANCE = f"{NAMESPACE}.inference-gateway"


def allowlist() -> list[str]:
    """Return the flags of docs/reference/commands.md, as a shell would split them."""
    readme = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    command = re.search(r"kubectl (apply -f routes\.yaml(?:.|\\\n)*?)\n\n", readme)
    assert command
    return [word for word in shlex.split(command[1].replace("\\\n", " ")) if word.startswith("--prune")]


@pytest.fixture
def scene(bench_newest: Bench) -> Iterator[Bench]:
    listed = objects((DATA / "two-engines" / "objects.yaml").read_text(encoding="utf-8"))
    ensure_namespaces(bench_newest, listed)
    stream = stream_of(listed)
    bench_newest.kubectl.must("apply", "-f", "-", stdin=stream)
    yield bench_newest
    bench_newest.kubectl.must("delete", "--ignore-not-found", "--wait=false", "-f", "-", stdin=stream)
    bench_newest.kubectl.must("delete", ROUTING, "--all", "-n", NAMESPACE)


def pools(bench: Bench) -> list[str]:
    listed = bench.kubectl.must("get", "inferencepools.inference.networking.k8s.io", "-n", NAMESPACE, "-o", "name")
    return [name.rpartition("/")[2] for name in listed.split()]


def applied(bench: Bench, file: Path) -> None:
    made = llmd_routes("generate", "-n", NAMESPACE, "--output-file", str(file), bench=bench)
    assert made.returncode == 0, made.stderr
    done = bench.kubectl.run("apply", "-f", str(file), "-l", f"llmd-routes/instance={INSTANCE}", *allowlist())
    assert done.returncode == 0, done.stderr


def test_what_is_no_longer_printed_is_removed(scene: Bench, tmp_path: Path) -> None:
    neighbour = {
        "apiVersion": "inference.networking.k8s.io/v1",
        "kind": "InferencePool",
        "metadata": {"name": "neighbour", "namespace": NAMESPACE, "labels": {"llmd-routes/instance": "other.gw"}},
        "spec": {
            "selector": {"matchLabels": {"app": "neighbour"}},
            "targetPorts": [{"number": 1}],
            "endpointPickerRef": {"name": "x", "port": {"number": 9002}},
        },
    }
    scene.kubectl.must("apply", "-f", "-", stdin=json.dumps(neighbour))
    applied(scene, tmp_path / "routes.yaml")
    assert pools(scene) == ["gaie-sglang-qwen2-5-0-5b", "gaie-vllm-qwen2-5-0-5b", "neighbour"]
    gone = "ms-sglang-qwen2-5-0-5b-llm-d-modelservice-decode"
    scene.kubectl.must("delete", "deployment", gone, "-n", NAMESPACE, "--wait=false")
    applied(scene, tmp_path / "routes.yaml")
    assert pools(scene) == ["gaie-vllm-qwen2-5-0-5b", "neighbour"]
