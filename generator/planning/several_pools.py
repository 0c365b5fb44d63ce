"""Report rules of existing routes with several InferencePools where the gateway asks one endpoint picker. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.inventory.routes import pools_of_rule
from llmd_routes.kube.objects import items
from llmd_routes.notices import Notice


def rules_with_several_pools(draft: Draft) -> Iterator[Notice]:
    """Yield a notice for each such rule on a listener of the emitted routes."""
    for route in draft.foreign:
        facts = [by_name(one.implementation).weightless for one in draft.route_set.attachments if one.takes(route)]
        fact = next(filter(None, facts), None)
        for number, rule in enumerate(items(route.spec, "rules") if fact else []):
            if len(pools_of_rule(route, rule)) > 1:
                told = f"rule {number + 1} has several InferencePools, and {fact}"
                place = route.place_of(number, "backendRefs")
                fix = f"use one pool in {place}, and --split for weights"
                yield Notice("several-pools", str(route.ref), told, fix)
