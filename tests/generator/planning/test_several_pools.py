"""Rules of existing routes with several pools, by what the Gateway does with them."""

from __future__ import annotations

import pytest

from llmd_routes.notices import Notice
from tests.generator.objects import Obj, gateway

from .test_conflicts import POOL_REF, made, match, route


def notices(foreign: Obj, gateway_class: str = "istio") -> list[Notice]:
    plan = made(gateway(gateway_class=gateway_class), foreign)
    return [notice for notice in plan.notices if notice.code == "several-pools"]


def split(*pools: str, path: str = "/old", parent: str = "gw") -> Obj:
    foreign = route(match(path), parent={"name": parent})
    foreign["spec"]["rules"][0]["backendRefs"] = [{**POOL_REF, "name": pool} for pool in pools]
    return foreign


def test_a_rule_with_several_pools_on_istio() -> None:
    (notice,) = notices(split("a", "b"))
    assert notice.message.startswith("rule 1 has several InferencePools, and istio without istio#61601 (1.31 and older")
    assert notice.remedy == "use one pool in spec.rules[0].backendRefs of HTTPRoute ns/r, and --split for weights"


@pytest.mark.parametrize(
    ("foreign", "gateway_class"),
    [
        (split("a"), "istio"),
        (split("a", "a"), "istio"),
        (split("a", "b", parent="other"), "istio"),
        (split("a", "b"), "agentgateway"),
    ],
)
def test_rules_that_work(foreign: Obj, gateway_class: str) -> None:
    assert notices(foreign, gateway_class) == []
