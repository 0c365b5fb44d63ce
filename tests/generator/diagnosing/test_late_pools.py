"""A route whose status is older than its pool is named, once the pool exists."""

from __future__ import annotations

import pytest

from llmd_routes.diagnosing.late_pools import judge_lateness
from llmd_routes.model.findings import Finding
from tests.generator.explaining.asking import around, match, route, rule
from tests.generator.objects import Obj, gateway, pool


def judged(reported: str, created: str | None, reason: str = "BackendNotFound") -> list[Finding]:
    condition = {"type": "ResolvedRefs", "status": "False", "reason": reason, "lastTransitionTime": reported}
    made: Obj = route("r", rule(match(), to="p"))
    made["status"] = {"parents": [{"controllerName": "example.com/c", "conditions": [condition]}]}
    pools = []
    if created is not None:
        pools.append(pool("p", {"app": "a"}, 8000, epp="e"))
        pools[0]["metadata"]["creationTimestamp"] = created
    looked_up = around([gateway(), made, *pools])
    (read,) = looked_up.inventory.routes
    return list(judge_lateness(read, made, looked_up))


def test_a_pool_that_was_created_later_is_named_with_what_makes_the_controller_look_again() -> None:
    (finding,) = judged("2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z")
    assert (finding.severity, finding.cause) == ("error", "pool-after-route")
    assert "example.com/c reports BackendNotFound" in finding.fact
    assert "kubectl annotate httproutes.gateway.networking.k8s.io -n ns r " in finding.fix


@pytest.mark.parametrize(
    ("reported", "created", "reason"),
    [
        ("2026-01-01T00:00:09Z", "2026-01-01T00:00:00Z", "BackendNotFound"),
        ("2026-01-01T00:00:00Z", None, "BackendNotFound"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z", "RefNotPermitted"),
    ],
)
def test_nothing_else_is_late(reported: str, created: str | None, reason: str) -> None:
    assert judged(reported, created, reason) == []
