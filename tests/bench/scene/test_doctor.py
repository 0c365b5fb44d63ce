"""`doctor` names the cause of failing requests in a cluster first, and is silent once its fix was applied."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.cases import llmd_routes
from tests.bench.waiting import until

from .cluster import Cluster
from .scene import GATEWAY, Scene, open_scene

HOME = "doctor"
PICKER = "gaie-sglang-qwen2-5-0-5b-epp"
ENGINE = "ms-sglang-qwen2-5-0-5b-llm-d-modelservice-decode"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster, as it is found."""
    with open_scene(cluster, "two-engines", HOME) as opened:
        yield opened


def doctor(scene: Scene) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the output of doctor about the Gateway of a scene."""
    words = ("doctor", "-n", HOME, "--gateway", f"{HOME}/{GATEWAY}", "-o", "json")
    done: subprocess.CompletedProcess[str] = llmd_routes(*words, bench=scene.cluster.bench)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, found


def first(scene: Scene) -> tuple[str, str, str] | None:
    """Return severity, cause and object of the first finding."""
    findings = doctor(scene)[1]["findings"]
    return (findings[0]["severity"], findings[0]["cause"], findings[0]["object"]) if findings else None


def status(scene: Scene, engine: str) -> int:
    return scene.gateway().chat({}, owned_by=engine).status


def test_before_any_route_there_is_none(scene: Scene) -> None:
    assert status(scene, "sglang") == 404
    code, said = doctor(scene)
    assert code == 1
    assert first(scene) == ("error", "no-route", f"Gateway {HOME}/{GATEWAY}")
    assert said["findings"][0]["fix"] == "run llmd-routes generate"
    scene.apply(scene.generate())
    scene.settle()
    until(lambda: doctor(scene)[0] == 0, lambda: f"nothing is found: {doctor(scene)[1]['findings']}")
    _, healthy = doctor(scene)
    assert [(path["pods"], path["ready"]) for path in healthy["paths"]] == [(1, 1), (1, 1)]
    assert status(scene, "sglang") == 200


@pytest.mark.parametrize(
    ("name", "wanted", "answered"),
    [
        (PICKER, ("warning", "picker-unavailable", f"Service {HOME}/{PICKER}"), 200),
        (ENGINE, ("error", "pods", f"InferencePool {HOME}/gaie-sglang-qwen2-5-0-5b"), 503),
    ],
)
def test_a_component_without_pods_is_named(
    scene: Scene, name: str, wanted: tuple[str, str, str], answered: int
) -> None:
    scene.kubectl("scale", "deployment", name, "--replicas=0")
    until(lambda: first(scene) == wanted, lambda: f"doctor names {wanted}, not {first(scene)}")
    until(lambda: status(scene, "sglang") == answered, f"requests get {answered}")
    assert status(scene, "vllm") == 200
    scene.scale(name, 1)
    scene.settle()
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")
    assert status(scene, "sglang") == 200


def test_a_deleted_pool_is_named(scene: Scene) -> None:
    pool = "gaie-sglang-qwen2-5-0-5b"
    saved = scene.kubectl("get", "inferencepools.inference.networking.k8s.io", pool, "-o", "json")
    scene.kubectl("delete", "inferencepools.inference.networking.k8s.io", pool)
    until(lambda: first(scene) is not None, "doctor finds something")
    findings = doctor(scene)[1]["findings"]
    assert any(pool in finding["fact"] and finding["cause"] == "backend" for finding in findings), findings
    obj = json.loads(saved)
    for field in ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"):
        obj["metadata"].pop(field, None)
    obj.pop("status", None)
    scene.apply(json.dumps(obj))
    scene.settle()
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")
