"""Backends, pickers and pods that requests cannot use are findings, with what clients then see."""

from __future__ import annotations

import pytest

from llmd_routes.diagnosing.backends import judge_destination
from llmd_routes.explaining.entrances import Door
from llmd_routes.gateways import by_name
from llmd_routes.kube.objects import Ref
from llmd_routes.model.explanation import Destination, Pods
from llmd_routes.model.findings import Finding
from llmd_routes.model.gateways import Route

ROUTE = Route(Ref("ns", "HTTPRoute", "r"), "ns", {}, None, None)
POOL, PICKER = Ref("ns", "InferencePool", "p"), Ref("ns", "Service", "epp")
READY = Pods(("a",), 1, is_known=True)


def judged(implementation: str = "istio", **more: object) -> list[Finding]:
    door = Door(Ref("ns", "Gateway", "gw"), by_name(implementation), (ROUTE,))
    destination = Destination(**({"backend": POOL, "port": "8000", "weight": 1} | more))  # type: ignore[arg-type]
    return list(judge_destination(door, ROUTE, 1, destination))


def test_ready_pods_and_unknown_ones_are_no_findings() -> None:
    assert judged(picker=PICKER, picker_pods=READY, pods=READY, failure_mode="FailOpen") == []
    assert judged(picker=PICKER, pods=Pods(workloads=(Ref("ns", "Deployment", "d"),))) == []


def test_a_broken_reference_is_the_only_finding() -> None:
    (found,) = judged(fault="does not exist", pods=Pods(is_known=True))
    assert (found.object, found.field) == ("HTTPRoute ns/r", "spec.rules[0].backendRefs of HTTPRoute ns/r")
    assert found.fact == "rule 1 references InferencePool ns/p, which the gateway cannot use: does not exist"


@pytest.mark.parametrize(
    ("implementation", "mode", "severity", "impact"),
    [
        ("istio", "FailOpen", "warning", "the gateway chooses pods of InferencePool ns/p itself"),
        ("istio", "FailClose", "error", "requests to InferencePool ns/p get 500"),
        ("envoy-gateway", "FailOpen", "error", "requests to InferencePool ns/p get 500"),
        ("envoy", "FailOpen", "error", "requests to InferencePool ns/p get 503"),
    ],
)
def test_what_a_picker_without_ready_pods_means(implementation: str, mode: str, severity: str, impact: str) -> None:
    dead = Pods(("e",), 0, is_known=True)
    (found,) = judged(implementation, picker=PICKER, picker_pods=dead, pods=READY, failure_mode=mode)
    assert (found.cause, found.severity, found.object) == ("picker-unavailable", severity, "Service ns/epp")
    assert found.impact.startswith(impact)
    assert found.fix == "kubectl describe pods -n ns e"


def test_pods_that_are_not_ready() -> None:
    (none,) = judged(pods=Pods(("a", "b"), 0, is_known=True))
    assert (none.severity, none.fact, none.impact) == (
        "error",
        "no pod is ready",
        "requests to InferencePool ns/p get 503",
    )
    (some,) = judged(pods=Pods(("a", "b"), 1, is_known=True))
    assert (some.severity, some.fact) == ("warning", "1 of 2 pods are not ready")
    (missing,) = judged(pods=Pods(workloads=(Ref("ns", "Deployment", "d"),), is_known=True))
    assert (missing.field, missing.fix) == ("spec.selector", "check the replicas of Deployment ns/d")
    (nothing,) = judged(pods=Pods(is_known=True))
    assert nothing.fix == "correct the selector, or create the pods"
