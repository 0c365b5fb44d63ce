"""Services that expose engines beside the Gateway are named, with what maintains them."""

from __future__ import annotations

import pytest

from llmd_routes.diagnosing.bypasses import judge_bypasses
from llmd_routes.kube.objects import Ref
from llmd_routes.model.findings import Finding
from tests.generator.emitted import engines
from tests.generator.explaining.asking import around
from tests.generator.explaining.test_backends import pod
from tests.generator.objects import Obj, service

POOLS = [Ref("ns", "InferencePool", "vllm")]


def judged(kind: str, selector: dict[str, str], *more: Obj, **metadata: object) -> list[Finding]:
    exposed = service("door", selector)
    exposed["spec"]["type"] = kind
    exposed["metadata"] |= metadata
    return list(judge_bypasses(POOLS, around([*engines(), exposed, *more])))


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort"])
def test_a_service_that_is_reachable_from_outside_is_named(kind: str) -> None:
    (finding,) = judged(kind, {"app": "vllm"})
    assert (finding.severity, finding.cause, finding.object) == ("warning", "bypass", "Service ns/door")
    assert finding.fact == f"has type {kind}, and selects pods of InferencePool ns/vllm"
    assert finding.fix == "set the type ClusterIP in Service ns/door, if clients should use the Gateway only"


def test_pods_count_too() -> None:
    lone = pod("lone", {"app": "vllm", "extra": "x"}, ownerReferences=[])
    assert len(judged("LoadBalancer", {"extra": "x"}, lone)) == 1


def test_the_chart_that_maintains_it_is_named() -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    (finding,) = judged("NodePort", {"app": "vllm"}, labels=labels, annotations={"meta.helm.sh/release-name": "ms"})
    assert finding.fix.startswith("set the type ClusterIP in the values of Helm release ms")


@pytest.mark.parametrize(
    ("kind", "selector"), [("ClusterIP", {"app": "vllm"}), ("LoadBalancer", {"app": "sglang"}), ("LoadBalancer", {})]
)
def test_other_services_are_not(kind: str, selector: dict[str, str]) -> None:
    assert judged(kind, selector) == []
