"""Existing policies that agentgateway would apply instead of the generated ones."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from tests.generator.objects import Obj

from .planned import planned, policies, policy

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


def test_headers_of_clients_conflict_with_nothing() -> None:
    assert not policies(planned(policy("own", GATEWAY, traffic=EARLY), body_to_header="none"))


@pytest.mark.parametrize("name", ["ns.gw", "ns.gw.models"])
def test_an_existing_policy_is_not_overwritten(name: str) -> None:
    with pytest.raises(PlanError) as caught:
        planned(policy(name, GATEWAY))
    assert [str(problem) for problem in caught.value.problems] == [
        f"AgentgatewayPolicy ns/{name}: already exists and belongs to another instance; pass another --instance"
    ]
