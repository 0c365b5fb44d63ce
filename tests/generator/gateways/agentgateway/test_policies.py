"""Existing policies that agentgateway would apply instead of the generated ones."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.output.report import report
from tests.generator.objects import Obj, gateway

from .planned import ELM, OAK, planned, policies, policy

GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}
EARLY = {"phase": "PreRouting", "transformation": {"request": {"set": [{"name": "a", "value": '"b"'}]}}}


@pytest.mark.parametrize(
    "target",
    [
        GATEWAY,
        {**GATEWAY, "sectionName": "http"},
        {"group": "gateway.networking.k8s.io", "kind": "ListenerSet", "name": "more"},
    ],
)
def test_only_one_early_transformation_has_an_effect(target: Obj) -> None:
    with pytest.raises(PlanError) as caught:
        planned(policy("own", target, traffic=EARLY))
    assert [str(problem) for problem in caught.value.problems] == [
        "AgentgatewayPolicy ns/own: transforms requests of Gateway ns/gw before routing, and only one such policy has"
        " an effect; merge it with the generated policy, or pass --body-to-header none"
    ]


@pytest.mark.parametrize(
    "other",
    [
        policy("own", {**GATEWAY, "name": "other"}, traffic=EARLY),
        policy("own", GATEWAY, traffic={**EARLY, "phase": "PostRouting"}),
        policy("own", GATEWAY, traffic={"phase": "PreRouting", "cors": {}}),
        policy("own", GATEWAY, namespace="far", traffic=EARLY),
    ],
)
def test_other_policies_are_no_conflict(other: Obj) -> None:
    assert "ns.gw" in policies(planned(other))


def test_a_policy_of_another_listener_is_no_conflict() -> None:
    other = policy("own", {**GATEWAY, "sectionName": "admin"}, traffic=EARLY)
    assert "ns.gw" in policies(planned(other, listener="default"))
    with pytest.raises(PlanError):
        planned(policy("own", {**GATEWAY, "sectionName": "default"}, traffic=EARLY), listener="default")


def sets(*names: str) -> Obj:
    entries = [{"name": name, "value": "x"} for name in names]
    return {"phase": "PreRouting", "transformation": {"request": {"set": entries}}}


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (
            ("X-Gateway-Model-Name",),
            "AgentgatewayPolicy ns/own sets x-gateway-model-name; a request without x-owned-by",
        ),
        (("x-gateway-model-name", "x-owned-by"), "AgentgatewayPolicy ns/own sets x-gateway-model-name and x-owned-by;"),
        (("x-other",), "clients must send both headers"),
    ],
)
def test_headers_that_a_policy_sets_are_used(names: tuple[str, ...], line: str) -> None:
    other = policy("own", GATEWAY, traffic=sets(*names))
    objects = [*OAK, *ELM, gateway(gateway_class="agentgateway"), other]
    lines = report(build_inventory(objects), planned(other, body_to_header="none"))
    assert any(each.startswith(line) for each in lines)
    with pytest.raises(PlanError) as caught:
        planned(other)
    is_usable = "x-gateway-model-name" in names[0].lower()
    assert str(caught.value.problems[0]).endswith("to use the x-gateway-model-name that it sets") is is_usable


def test_headers_of_clients_conflict_with_nothing() -> None:
    assert not policies(planned(policy("own", GATEWAY, traffic=EARLY), body_to_header="none"))


@pytest.mark.parametrize("name", ["ns.gw", "ns.gw.models"])
def test_an_existing_policy_is_not_overwritten(name: str) -> None:
    with pytest.raises(PlanError) as caught:
        planned(policy(name, GATEWAY))
    assert [str(problem) for problem in caught.value.problems] == [
        f"AgentgatewayPolicy ns/{name}: already exists and belongs to another instance; pass another --instance"
    ]


ASKS = {"phase": "PreRouting", "extAuth": {"backendRef": {"name": "auth", "port": 80}, "http": {}}}
HTTP = {"body_to_header": "ext-authz", "image": "x"}


def test_only_one_service_is_asked_before_routing() -> None:
    """Else clients would escape an authorization."""
    with pytest.raises(PlanError) as caught:
        planned(policy("auth", GATEWAY, traffic=ASKS), **HTTP)
    assert [str(problem) for problem in caught.value.problems] == [
        "AgentgatewayPolicy ns/auth: asks a service about requests of Gateway ns/gw before routing, and only one is"
        " asked; pass --body-to-header in-gateway"
    ]
    assert "ns.gw" in policies(planned(policy("auth", GATEWAY, traffic=ASKS)))
    late = policy("auth", GATEWAY, traffic={**ASKS, "phase": "PostRouting"})
    assert "ns.gw" in policies(planned(late, **HTTP))


def test_a_service_needs_the_early_transformation_too() -> None:
    with pytest.raises(PlanError, match="transforms requests of Gateway ns/gw before routing"):
        planned(policy("own", GATEWAY, traffic=EARLY), **HTTP)
