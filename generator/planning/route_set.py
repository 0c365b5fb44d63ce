"""Plan what all emitted routes share: instance, Gateways, path prefixes, hostnames. Pure, no I/O."""

from __future__ import annotations

from llmd_routes.errors import Problems
from llmd_routes.gateways import by_name
from llmd_routes.model.inventory import Inventory
from llmd_routes.model.options import Options
from llmd_routes.model.plan import RouteSet

from .attach import attachments, instance_of
from .path_rewrites import plan_rewrites


def plan_route_set(inventory: Inventory, options: Options, problems: Problems) -> RouteSet:
    """Return the shared values; adds a problem for each unusable Gateway, and if no instance can be derived."""
    attached = attachments(inventory, options, problems)
    name = instance_of(attached, options, problems)
    return RouteSet(name, tuple(attached), options.path_prefixes, options.hostnames, plan_rewrites(options))


def callers_of(route_set: RouteSet) -> tuple[str, ...]:
    """Return the namespaces of the Gateways' pods, sorted; none if a Gateway's pods may be in any other namespace."""
    if all(by_name(attachment.implementation).beside_gateway for attachment in route_set.attachments):
        return tuple(sorted({attachment.ref.namespace for attachment in route_set.attachments}))
    return ()
