"""Pods and ReplicaSets that controllers make are parts of what owns them, live and in a dump of pods alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.generator.objects import deployment, pod_template, vllm, workload

from .bench import Bench, Toolchain
from .cases import ensure_namespaces, llmd_routes
from .controllers import controllers

DEADLINE = 60.0  # seconds
SCENE = [
    deployment("ms-a-decode", {"llm-d.ai/guide": "a", "llm-d.ai/role": "decode"}, vllm("org/a"), namespace="owners"),
    workload("ms-b", pod_template({"app": "b"}, vllm("org/b")), namespace="owners", kind="StatefulSet"),
    workload("ms-c", pod_template({"app": "c"}, vllm("org/c")), namespace="owners", kind="ReplicaSet"),
]


def complete(obj: dict[str, Any]) -> dict[str, Any]:
    """Return a workload with the fields that an API server insists on."""
    spec = {**obj["spec"], "selector": {"matchLabels": obj["spec"]["template"]["metadata"]["labels"]}}
    return {**obj, "spec": spec | ({"serviceName": "x"} if obj["kind"] == "StatefulSet" else {})}


@pytest.fixture
def running(bench_newest: Bench, bench_toolchain: Toolchain, tmp_path: Path) -> Iterator[Bench]:
    """A server on which the controllers have made the pods of the scene."""
    stream = "\n---\n".join(json.dumps(complete(obj)) for obj in SCENE)
    kubectl = bench_newest.kubectl
    ensure_namespaces(bench_newest, SCENE)
    with controllers(bench_toolchain.programs["kube-controller-manager"], bench_newest.kubeconfig, tmp_path):
        kubectl.must("apply", "-f", "-", stdin=stream)
        deadline = time.monotonic() + DEADLINE
        while len(pods(bench_newest)) < len(SCENE):
            assert time.monotonic() < deadline, "the controllers made no pods"
            time.sleep(0.2)
    yield bench_newest
    # Without controllers nothing comes back.
    made = "deployments,statefulsets,replicasets,pods"
    kubectl.must(
        "delete", made, "--all", "-n", "owners", "--grace-period=0", "--force", "--cascade=orphan", "--wait=false"
    )


def pods(bench: Bench) -> list[str]:
    return bench.kubectl.must("get", "pods", "-n", "owners", "-o", "name").split()


def services(*argv: str, bench: Bench | None = None) -> Any:
    done = llmd_routes("discover", "-o", "json", *argv, bench=bench)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["modelServices"]


def test_children_are_parts_of_their_owners(running: Bench, tmp_path: Path) -> None:
    file = tmp_path / "scene.yaml"
    file.write_text("\n---\n".join(json.dumps(complete(obj)) for obj in SCENE))
    live = services("-n", "owners", bench=running)
    assert [service["workloads"] for service in live] == [
        ["Deployment/ms-a-decode"],
        ["StatefulSet/ms-b"],
        ["ReplicaSet/ms-c"],
    ]
    assert live == services("-f", str(file))
    dump = tmp_path / "pods.yaml"
    dump.write_text(running.kubectl.must("get", "pods", "-n", "owners", "-o", "yaml"))
    alone = services("-f", str(dump))
    # Pods do not tell by which of their labels their owner finds them.
    for one, whole in zip(alone, live, strict=True):
        assert one["selector"].items() <= whole["selector"].items()
    assert [{**each, "selector": None} for each in alone] == [{**each, "selector": None} for each in live]
