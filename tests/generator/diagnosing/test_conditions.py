"""Conditions of objects are judged by kind: False, unknown, unwanted, of an earlier generation, or missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.diagnosing.conditions import judge_object
from llmd_routes.kube.objects import Ref
from llmd_routes.model.findings import Finding

GATEWAY = Ref("ns", "Gateway", "gw")
ROUTE = Ref("ns", "HTTPRoute", "r")


def condition(kind: str, status: str = "True", **more: Any) -> dict[str, Any]:
    return {"type": kind, "status": status, "observedGeneration": 2, **more}


def judged(ref: Ref, status: Any, *, is_live: bool = True) -> list[Finding]:
    obj = {"metadata": {"generation": 2}} | ({} if status is None else {"status": status})
    return list(judge_object(ref, obj, is_live=is_live))


def route_status(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"parents": [{"parentRef": {"name": "gw"}, "conditions": list(conditions)}]}


def test_true_conditions_are_no_findings() -> None:
    listener = {"name": "a", "conditions": [condition("Accepted"), condition("Conflicted", "False")]}
    gateway = {"conditions": [condition("Accepted"), condition("Programmed")], "listeners": [listener]}
    assert judged(GATEWAY, gateway) == []
    assert judged(ROUTE, route_status(condition("Accepted"), condition("ResolvedRefs"))) == []
    assert judged(Ref("", "GatewayClass", "c"), {"conditions": [condition("Accepted")]}) == []
    assert judged(Ref("ns", "InferencePool", "p"), route_status(condition("Accepted"))) == []
    assert judged(Ref("ns", "InferencePool", "p"), None) == []


@pytest.mark.parametrize(
    ("ref", "status", "field", "impact"),
    [
        (
            GATEWAY,
            {"conditions": [condition("Programmed", "False")]},
            "status.conditions[Programmed]",
            "connections are refused, or the proxy has an earlier configuration",
        ),
        (
            GATEWAY,
            {
                "conditions": [condition("Accepted")],
                "listeners": [{"name": "a", "conditions": [condition("Conflicted")]}],
            },
            "status.listeners[a].conditions[Conflicted]",
            "the listener gets no requests",
        ),
        (
            ROUTE,
            route_status(condition("ResolvedRefs", "False")),
            "status.parents[].conditions[ResolvedRefs]",
            "requests to the backend get 500",
        ),
        (
            ROUTE,
            route_status(condition("PartiallyInvalid")),
            "status.parents[].conditions[PartiallyInvalid]",
            "the gateway ignores some rules: their requests get 404, or match other rules",
        ),
        (
            Ref("ns", "EnvoyExtensionPolicy", "x"),
            {"ancestors": [{"conditions": [condition("Accepted", "False")]}]},
            "status.ancestors[].conditions[Accepted]",
            "the policy has no effect",
        ),
    ],
)
def test_other_conditions_name_the_field_and_what_clients_see(ref: Ref, status: Any, field: str, impact: str) -> None:
    (found,) = judged(ref, status)
    assert (found.severity, found.cause, found.object) == ("error", "condition", str(ref))
    assert (found.field, found.impact) == (field, impact)


def test_reasons_have_fixes_and_messages_stay_on_one_line() -> None:
    said = condition("Accepted", "False", reason="NotAllowedByListeners", message="no\n  namespace")
    (found,) = judged(ROUTE, route_status(said))
    assert found.fact == "its controller reports Accepted=False (NotAllowedByListeners): no namespace"
    assert found.fix == "set allowedRoutes of the listener so that it accepts routes of the namespace"
    (unknown,) = judged(ROUTE, route_status(condition("Accepted", "Unknown")))
    assert (unknown.cause, unknown.fix) == ("pending", "see the log of the controller")
    assert unknown.fact == "its controller reports Accepted=Unknown (no reason): no message"


def test_a_policy_that_is_accepted_in_part_is_a_finding() -> None:
    part = condition("Accepted", reason="PartiallyValid", message="bad expression")
    status = {"ancestors": [{"controllerName": "c", "conditions": [part]}]}
    (found,) = judged(Ref("ns", "AgentgatewayPolicy", "x"), status)
    assert (found.fact, found.impact) == (
        "c reports Accepted=True (PartiallyValid): bad expression",
        "a part of the policy has no effect",
    )


def test_a_status_of_an_earlier_generation_is_stale_whatever_it_says() -> None:
    for status in ("True", "False"):
        old = condition("Accepted", status, observedGeneration=1)
        (found,) = judged(ROUTE, route_status(old))
        assert (found.severity, found.cause) == ("warning", "stale-status")
        assert found.fact == "the status is of generation 1, and the object is of generation 2"


def test_a_missing_status_matters_in_a_cluster() -> None:
    for ref in (GATEWAY, ROUTE):
        (found,) = judged(ref, None)
        assert (found.cause, found.fact) == ("no-status", "no controller reports about it")
        assert judged(ref, None, is_live=False) == []
    assert [found.cause for found in judged(ROUTE, {"parents": [], "x": 1}, is_live=False)] == ["no-status"]


def test_the_placeholder_of_an_old_pool_is_ignored() -> None:
    placeholder = {
        "parentRef": {"kind": "Status", "name": "default"},
        "conditions": [condition("Accepted", "Unknown", reason="Pending")],
    }
    assert judged(Ref("ns", "InferencePool", "p"), {"parents": [placeholder]}) == []


ODD = st.recursive(
    st.none() | st.text(max_size=3) | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.dictionaries(st.sampled_from(["parents", "ancestors", "conditions", "listeners"]), ODD))
def test_no_status_makes_it_fail(status: Any) -> None:
    for ref in (GATEWAY, ROUTE):
        judged(ref, status)
