"""SecurityPolicies on generated routes."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from tests.generator.objects import Obj, pool

from .planned import planned, policy, printed

ROUTE = {"kind": "HTTPRoute", "name": "ns.gw"}


@pytest.mark.parametrize(
    ("target", "count"),
    [
        (ROUTE, 1),
        ({**ROUTE, "sectionName": "rule"}, 1),
        ({"kind": "HTTPRoute", "name": "app"}, 0),
        ({"kind": "Gateway", "name": "gw"}, 0),
    ],
)
def test_requests_skip_the_policy_of_a_route(target: Obj, count: int) -> None:
    notices = planned(policy("SecurityPolicy", "keys", target)).notices
    found = [notice for notice in notices if notice.code == "security-skipped"]
    assert [notice.object for notice in found] == ["SecurityPolicy ns/keys"] * count


def test_no_request_skips_it_if_bodies_are_not_read() -> None:
    notices = planned(policy("SecurityPolicy", "keys", ROUTE), body_to_header="none").notices
    assert "security-skipped" not in {notice.code for notice in notices}


HTTP = {"body_to_header": "ext-authz", "image": "x"}


@pytest.mark.parametrize(
    "target", [{"kind": "Gateway", "name": "gw"}, {"kind": "Gateway", "name": "gw", "sectionName": "http"}]
)
def test_a_policy_of_the_gateway_is_not_replaced(target: Obj) -> None:
    """With its policy, a Gateway authenticates clients."""
    keys = policy("SecurityPolicy", "keys", target)
    with pytest.raises(PlanError) as caught:
        planned(keys, **HTTP)
    fact = "applies to Gateway ns/gw, and a SecurityPolicy of the generated routes would replace it"
    assert [str(problem) for problem in caught.value.problems] == [
        f"SecurityPolicy ns/keys: {fact}; pass --body-to-header ext-proc"
    ]
    chosen = planned(keys, body_to_header="external", image="x").carrier
    assert (chosen.kind, chosen.reason) == ("ext-proc", f"over ext-proc, because SecurityPolicy ns/keys {fact}")


def test_a_route_has_one_policy() -> None:
    with pytest.raises(PlanError, match=r"targets HTTPRoute ns\.gw\.models, which the generated SecurityPolicy needs"):
        planned(policy("SecurityPolicy", "keys", {"kind": "HTTPRoute", "name": "ns.gw.models"}), **HTTP)
    elsewhere = policy("SecurityPolicy", "keys", {"kind": "HTTPRoute", "name": "app"})
    assert printed(planned(elsewhere, **HTTP), "SecurityPolicy")


def test_a_route_that_no_generated_policy_targets_may_have_another() -> None:
    plan = planned(policy("SecurityPolicy", "keys", ROUTE), **HTTP)
    assert [each.ref.name for each in printed(plan, "SecurityPolicy")] == ["ns.gw.models"]
    assert "security-skipped" in {notice.code for notice in plan.notices}


def test_an_own_policy_is_none_of_another_owner() -> None:
    """Such as one that an earlier run has left, with another --body-to-header."""
    own = policy("SecurityPolicy", "ns.gw.models", {"kind": "HTTPRoute", "name": "ns.gw.models"})
    own["metadata"]["labels"] = {"llmd-routes/instance": "ns.gw"}
    assert "security-skipped" not in {notice.code for notice in planned(own, image="x").notices}
    assert printed(planned(own, **HTTP), "SecurityPolicy")


def test_pickers_get_the_query_if_the_service_is_asked_over_http() -> None:
    pools = (pool("oak", {"app": "oak"}, 8000),)
    kept = [n for n in planned(*pools, backend="auto", **HTTP).notices if n.code == "query-kept"]
    assert [notice.object for notice in kept] == ["Gateway ns/gw"]
    chosen = planned(*pools, backend="auto", body_to_header="external", image="x").carrier
    assert chosen.kind == "ext-proc" and "endpoint pickers answer 400 to a query" in chosen.reason
    # Engines ignore it, and some pickers accept it.
    assert planned(body_to_header="external", image="x").carrier.kind == "ext-authz"
    accepted = planned(*pools, backend="auto", keep_query=True, **HTTP)
    assert "query-kept" not in {notice.code for notice in accepted.notices}
