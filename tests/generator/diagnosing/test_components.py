"""A generated Deployment without available pods is named."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.diagnosing.components import judge_component
from llmd_routes.kube.objects import Ref
from llmd_routes.model.findings import Finding

REF = Ref("ns", "Deployment", "x")


def judged(spec: dict[str, Any], status: dict[str, Any], *, is_live: bool = True) -> list[Finding]:
    return list(judge_component(REF, {"spec": spec, "status": status}, is_live=is_live))


def test_no_pod_is_available() -> None:
    (finding,) = judged({"replicas": 2}, {"replicas": 2, "conditions": []})
    assert (finding.severity, finding.cause, finding.object) == ("error", "component", "Deployment ns/x")
    assert finding.fix == "kubectl describe deployments -n ns x"


def test_none_is_requested() -> None:
    (finding,) = judged({"replicas": 0}, {"availableReplicas": 0})
    assert (finding.field, finding.fix) == ("spec.replicas", "apply the output of llmd-routes generate again")
    assert judged({"replicas": 0}, {}, is_live=False) == [finding]


@pytest.mark.parametrize(
    ("status", "is_live", "count"), [({"availableReplicas": 1}, True, 0), ({}, False, 0), ({}, True, 1)]
)
def test_a_status_is_needed_of_a_cluster_only(status: dict[str, Any], is_live: bool, count: int) -> None:
    assert len(judged({}, status, is_live=is_live)) == count


def test_without_a_controller_requests_still_succeed() -> None:
    (finding,) = judged({"selector": {"matchLabels": {"llmd-routes/controller": "x"}}}, {"replicas": 2})
    assert (finding.severity, finding.impact) == ("warning", "routes do not follow changes of the cluster")
