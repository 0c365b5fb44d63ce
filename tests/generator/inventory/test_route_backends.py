"""What existing routes reference: pools that exist or not, and models that are served or not."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.notices import Notice
from tests.generator.objects import Obj, deployment, epp, gateway, pool, pool_v1alpha2, service, vllm

V1, OLD = "inference.networking.k8s.io", "inference.networking.x-k8s.io"
LABELS = {"app": "a"}
SERVED = deployment("a", LABELS, vllm("org/m", "--served-model-name", "org/m", "alias"))
POOL = pool("p", LABELS, 8000)


def route(*rules: Obj, **metadata: Any) -> Obj:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "r", "namespace": "ns", **metadata},
        "spec": {"parentRefs": [{"name": "gw"}], "rules": list(rules)},
    }


def rule(to: str = "p", group: str | None = V1, kind: str = "InferencePool", **headers: str) -> Obj:
    backend = {"kind": kind, "name": to} | ({} if group is None else {"group": group})
    named = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return {"backendRefs": [backend], "matches": [{"headers": named}] if named else []}


def notices(*objects: Obj) -> list[Notice]:
    found = build_inventory([SERVED, POOL, gateway(), *objects]).notices
    return [notice for notice in found if notice.code in ("backend-unresolved", "model-unserved")]


@pytest.mark.parametrize(
    "found",
    [
        rule(),
        rule("x", None, "Service"),
        rule(X_Gateway_Model_Name="org/m"),
        rule(x_gateway_model_name="alias"),
        rule(x_team="q8"),
        {
            "matches": [{"headers": [{"name": "x-gateway-model-name", "value": ".*", "type": "RegularExpression"}]}],
            **rule(),
        },
    ],
)
def test_rules_that_can_be_resolved(found: Obj) -> None:
    assert notices(route(found)) == []


@pytest.mark.parametrize(
    ("found", "fact", "fix"),
    [
        (rule("gone"), "references InferencePool ns/gone, which is not in the input", "create the pool, or correct "),
        (rule(group=None), f"with no API group, but the pool is of {V1}", f"set group: {V1} in "),
        (rule(group=""), f"with no API group, but the pool is of {V1}", f"set group: {V1} in "),
        (rule(group=OLD), f"with the API group {OLD}, but the pool is of {V1}", f"set group: {V1} in "),
    ],
)
def test_backends_that_cannot_be_resolved(found: Obj, fact: str, fix: str) -> None:
    (notice,) = notices(route({}, found))
    assert (notice.code, notice.object) == ("backend-unresolved", "HTTPRoute ns/r")
    assert fact in notice.message
    assert notice.remedy == f"{fix}spec.rules[1].backendRefs of HTTPRoute ns/r"
    assert "already-routed" not in {n.code for n in build_inventory([SERVED, POOL, route(found)]).notices}


def test_placeholders_are_neither_pools_nor_models() -> None:
    (notice,) = notices(route(rule("${POOL}"), rule(x_gateway_model_name="${MODEL}")))
    assert notice.message == "rule 1 references InferencePool ns/${POOL}, whose name is not rendered"
    assert notice.remedy.startswith("render the manifest")


def test_the_pool_of_either_group_is_the_one_that_exists() -> None:
    (notice,) = notices(pool_v1alpha2("old", {"app": "b"}, 8000), route(rule("old", V1)))
    assert notice.remedy.startswith(f"set group: {OLD}")


def test_a_pool_that_an_endpoint_picker_waits_for_is_going_to_exist() -> None:
    waiting = [
        epp("e", "--pool-name", "soon", "--pool-namespace", "ns", labels={"epp": "e"}),
        service("e", {"epp": "e"}),
    ]
    assert notices(*waiting, route(rule("soon"), rule("soon", OLD))) == []
    assert len(notices(*waiting, route(rule("soon", None)))) == 1


@pytest.mark.parametrize("header", ["X-Gateway-Model-Name", "x-gateway-base-model-name", "x-ai-eg-model"])
def test_a_model_that_no_pool_of_the_rule_serves(header: str) -> None:
    (notice,) = notices(route(rule(**{header: "m"})))
    assert notice.code == "model-unserved"
    assert notice.message == f"rule 1 requires {header.lower()}: m, but InferencePool ns/p serves alias, org/m"
    place = "spec.rules[0].matches of HTTPRoute ns/r"
    assert notice.remedy == f"set the value to org/m in {place}, unless another object maps it"


def test_nothing_is_said_of_models_that_are_not_known() -> None:
    found = build_inventory(
        [deployment("a", LABELS, vllm("$(NOWHERE)")), POOL, gateway(), route(rule(x_gateway_model_name="m"))]
    )
    assert "model-unserved" not in {notice.code for notice in found.notices}
