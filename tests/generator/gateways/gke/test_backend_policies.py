"""Health checks and timeouts of the load balancer: for what they are emitted, and when an existing one stays."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import PlanError
from tests.generator.objects import container, deployment, pool

from .planned import TO_POOL, planned, policy, printed

TO_FRONT = {"group": "", "kind": "Service", "name": "front"}


def test_each_pool_gets_a_health_check_and_a_timeout() -> None:
    plan = planned()
    (check,), (timeout,) = printed(plan, "HealthCheckPolicy"), printed(plan, "GCPBackendPolicy")
    assert check.ref.name == timeout.ref.name == "ns.gw.oak"
    assert check.values == {"target": TO_POOL, "check": {"type": "HTTP", "path": "/health", "port": 8000}}
    assert timeout.values == {"target": TO_POOL, "timeout": 300}


def test_an_engine_is_checked_at_its_own_path() -> None:
    nim = container("nim", "nvcr.io/nim/meta/llama:1", env=[{"name": "NIM_SERVED_MODEL_NAME", "value": "n"}])
    plan = planned(deployment("elm", {"app": "elm"}, nim), pool("elm", {"app": "elm"}, 8000))
    paths = {one.ref.name: one.values["check"]["path"] for one in printed(plan, "HealthCheckPolicy")}
    assert paths == {"ns.gw.oak": "/health", "ns.gw.elm": "/v1/health/ready"}


def test_pods_of_llmd_routes_are_checked_too() -> None:
    checks = {one.ref.name: one.values["check"] for one in printed(planned(image="x"), "HealthCheckPolicy")}
    assert [check for name, check in checks.items() if name.startswith(("models-", "ext-proc-"))] == [
        {"type": "HTTP", "path": "/v1/models", "port": None},
        {"type": "GRPC", "path": None, "port": 9005},
    ]


@pytest.mark.parametrize("kind", ["HealthCheckPolicy", "GCPBackendPolicy"])
def test_a_policy_of_another_owner_stays_the_only_one(kind: str) -> None:
    other = "GCPBackendPolicy" if kind == "HealthCheckPolicy" else "HealthCheckPolicy"
    plan = planned(policy(kind, TO_POOL, default={"timeoutSec": 300}))
    assert (len(printed(plan, kind)), len(printed(plan, other))) == (0, 1)
    # The same instance replaces its own, and policies of other objects do not matter.
    assert printed(planned(policy(kind, TO_POOL, "ns.gw.oak", "ns.gw")), kind)
    assert printed(planned(policy(kind, {**TO_POOL, "name": "elm"})), kind)


def test_a_name_that_is_taken() -> None:
    with pytest.raises(PlanError, match=r"HealthCheckPolicy ns/ns\.gw\.oak: already exists"):
        planned(policy("HealthCheckPolicy", TO_FRONT, "ns.gw.oak"))


@pytest.mark.parametrize(("asked", "seconds"), [("20m", 1200), ("1h30m", 5400), ("1500ms", 2), ("1s", 1)])
def test_a_requested_timeout_becomes_that_of_the_policies(asked: str, seconds: int) -> None:
    plan = planned(timeout=asked)
    assert [one.values["timeout"] for one in printed(plan, "GCPBackendPolicy")] == [seconds]
    assert plan.timeout is None


def test_gke_requires_a_timeout() -> None:
    with pytest.raises(PlanError, match="--route-timeout 0s: GKE requires a timeout; use a longer one"):
        planned(timeout="0s")


@pytest.mark.parametrize(
    ("spec", "seconds"), [({"default": {"timeoutSec": 60}}, 60), ({"default": {}}, 30), ({"default": 1}, 30)]
)
def test_a_shorter_timeout_of_another_owner_is_reported(spec: dict[str, Any], seconds: int) -> None:
    plan = planned(policy("GCPBackendPolicy", TO_POOL, **spec))
    (notice,) = (one for one in plan.notices if one.code == "gateway-timeout")
    assert notice.message == f"ends requests to InferencePool ns/oak after {seconds} seconds"
    assert (notice.object, notice.remedy) == ("GCPBackendPolicy ns/own", "set default.timeoutSec: 300 in its spec")
    assert not [
        n
        for n in planned(policy("GCPBackendPolicy", TO_POOL, default={"timeoutSec": 300})).notices
        if n.code == "gateway-timeout"
    ]


def test_services_get_no_policies_and_a_warning_for_each() -> None:
    plan = planned(backend="service")
    assert plan.printed == ()
    found = {one.code: one for one in plan.notices if one.code in ("gateway-timeout", "health-check")}
    assert {one.object for one in found.values()} == {"Service ns/front"} and len(found) == 2
    assert found["health-check"].remedy == "add a HealthCheckPolicy with path /health for it"
    policies = (
        policy("HealthCheckPolicy", TO_FRONT),
        policy("GCPBackendPolicy", TO_FRONT, default={"timeoutSec": 400}),
    )
    checked = planned(*policies, backend="service")
    assert not {one.code for one in checked.notices} & found.keys()
