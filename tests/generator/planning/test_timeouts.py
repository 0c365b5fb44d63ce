"""Which Gateways have timeouts in their rules, and what becomes of a timeout elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Inventory, Platform
from llmd_routes.model.plan import Attachment, RouteSet
from llmd_routes.planning.timeouts import has_timeouts, timeout_problems
from tests.generator.options import to_options

EMPTY = build_inventory([])
OLDER = replace(EMPTY, platform=Platform(route_timeouts=False))


def routes(*implementations: str) -> RouteSet:
    return RouteSet("i", tuple(Attachment(Ref("ns", "Gateway", name), name) for name in implementations))


def test_rules_have_timeouts_if_the_crd_and_all_gateways_support_them() -> None:
    assert has_timeouts(EMPTY, routes("istio"))
    assert not has_timeouts(OLDER, routes("istio"))
    assert not has_timeouts(EMPTY, routes("gke")) and not has_timeouts(EMPTY, routes("istio", "gke"))


@pytest.mark.parametrize(
    ("inventory", "names", "fact"),
    [
        (EMPTY, ("istio",), None),
        # A policy of GKE applies it, whatever the CRD.
        (EMPTY, ("gke",), None),
        (OLDER, ("gke",), None),
        (OLDER, ("istio",), "the HTTPRoute CRD has no timeouts"),
        (EMPTY, ("nginx", "istio"), "nginx ignores timeouts of HTTPRoutes"),
        (EMPTY, ("istio", "gke"), "rules have no timeouts on gke, and the Gateways share their rules"),
    ],
)
def test_a_requested_timeout_is_never_dropped(inventory: Inventory, names: tuple[str, ...], fact: str | None) -> None:
    problems = list(timeout_problems(inventory, routes(*names), to_options(timeout="30s")))
    assert [problem.split(": ")[1].split(";")[0] for problem in problems] == ([fact] if fact else [])
    assert list(timeout_problems(inventory, routes(*names), to_options())) == []
