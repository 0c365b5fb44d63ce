"""Decide whether rules of HTTPRoutes have timeouts. Pure, no I/O.

Source: HTTPRouteTimeouts, https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways import by_name
from llmd_routes.model.inventory import Inventory
from llmd_routes.model.options import Options
from llmd_routes.model.plan import RouteSet


def has_timeouts(inventory: Inventory, route_set: RouteSet) -> bool:
    """Return whether the HTTPRoute CRD and all Gateways support timeouts."""
    supported = all(by_name(one.implementation).timeouts == "rule" for one in route_set.attachments)
    return supported and inventory.platform.route_timeouts


def timeout_problems(inventory: Inventory, route_set: RouteSet, options: Options) -> Iterator[str]:
    """Yield an error if a requested timeout would apply to none, or only to some of the Gateways.

    Some implementations apply the timeout by a policy.
    """
    if options.timeout is None:
        return
    places = {one.implementation: by_name(one.implementation).timeouts for one in route_set.attachments}
    ignoring = sorted(name for name, place in places.items() if place == "none")
    others = sorted(name for name, place in places.items() if place == "policy")
    in_rules = "rule" in places.values()
    if ignoring:
        yield f"--route-timeout: {', '.join(ignoring)} ignores timeouts of HTTPRoutes; remove the option"
    elif in_rules and not inventory.platform.route_timeouts:
        yield "--route-timeout: the HTTPRoute CRD has no timeouts; remove the option, or install Gateway API v1.2"
    elif in_rules and others:
        fact = f"rules have no timeouts on {', '.join(others)}, and the Gateways share their rules"
        yield f"--route-timeout: {fact}; remove the option, or generate the routes of each Gateway by itself"
