"""The rule for requests that no other rule matches."""

from __future__ import annotations

import pytest

from llmd_routes.kube.objects import Ref
from llmd_routes.model.plan import Extension, Match, Plan
from tests.generator.gateways.envoy_gateway.planned import planned, printed
from tests.generator.objects import Obj, gateway, pool

POOL = pool("oak", {"app": "oak"}, 8000)
FILTER = Extension("gateway.envoyproxy.io", "HTTPRouteFilter", "ns.gw")


def route(*matches: Obj, **spec: object) -> Obj:
    rules = [{"matches": list(matches)} if matches else {}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "app", "namespace": "ns"},
        "spec": {"parentRefs": [{"name": "gw"}], "rules": rules, **spec},
    }


def answering(plan: Plan) -> dict[Ref, Extension]:
    return {r.ref: rule.extension for r in plan.routes for rule in r.rules if rule.extension is not None}


def test_pools_behind_envoy_gateway_need_it() -> None:
    plan = planned(POOL, backend="auto")
    assert answering(plan) == {Ref("ns", "HTTPRoute", "ns.gw"): FILTER}
    assert next(rule.matches for rule in plan.routes[0].rules if rule.extension) == (Match("/"),)
    assert [each.ref.name for each in printed(plan, "HTTPRouteFilter")] == ["ns.gw"]
    assert "catch-all-rule" in {notice.code for notice in plan.notices}


@pytest.mark.parametrize(
    ("options", "route"),
    [
        ({"image": "registry.example.com/llmd-routes:v1"}, "ns.gw.models"),
        # Clients send the headers.
        ({"body_to_header": "none"}, "ns.gw"),
        ({"body_to_header": "none", "image": "registry.example.com/llmd-routes:v1"}, "ns.gw.models"),
    ],
)
def test_there_is_one_rule(options: dict[str, object], route: str) -> None:
    plan = planned(POOL, backend="auto", **options)
    assert answering(plan) == {Ref("ns", "HTTPRoute", route): FILTER}
    assert len(printed(plan, "HTTPRouteFilter")) == 1


ROOT = {"path": {"type": "PathPrefix", "value": "/"}}


@pytest.mark.parametrize(
    ("other", "is_needed"),
    [
        (route(), False),
        (route(ROOT), False),
        (route({**ROOT, "method": "GET"}), True),
        (route({"path": {"type": "PathPrefix", "value": "/app"}}), True),
        # Routes of a host take precedence on that host only.
        (route(ROOT, hostnames=["app.example.com"]), True),
        (route(ROOT, parentRefs=[{"name": "other"}]), True),
    ],
)
def test_it_shadows_no_route(other: Obj, is_needed: bool) -> None:
    assert bool(answering(planned(POOL, other, backend="auto"))) is is_needed


@pytest.mark.parametrize(
    "options",
    [
        {"backend": "service"},
        {"backend": "auto", "path_prefixes": ("/",)},
        {"backend": "auto", "gateways": ("gw", "other"), "instance": "all"},
    ],
)
def test_no_rule(options: dict[str, object]) -> None:
    plan = planned(POOL, gateway("other"), **{"gateways": ("gw",)} | options)
    assert answering(plan) == {}
    assert not printed(plan, "HTTPRouteFilter")
