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
    supported = all(by_name(one.implementation).timeouts for one in route_set.attachments)
    return supported and inventory.platform.route_timeouts


def timeout_problems(inventory: Inventory, route_set: RouteSet, options: Options) -> Iterator[str]:
    """Yield an error if a requested timeout would apply to none, or only to some of the Gateways.

    Implementations that do not support timeouts in rules apply the timeout by other means.
    """
    if options.timeout is None:
        return
    attached = {one.implementation: by_name(one.implementation).timeouts for one in route_set.attachments}
    others = sorted(name for name, supported in attached.items() if not supported)
    if any(attached.values()) and not inventory.platform.route_timeouts:
        yield "--route-timeout: the HTTPRoute CRD has no timeouts; remove the option, or install Gateway API v1.2"
    elif any(attached.values()) and others:
        fact = f"rules have no timeouts on {', '.join(others)}, and the Gateways share their rules"
        yield f"--route-timeout: {fact}; remove the option, or generate the routes of each Gateway by itself"
