"""Decides what all routes of a run share: the name of the set, its Gateways, paths and host names. Pure, no I/O."""

from __future__ import annotations

from llmd_routes.errors import Problems
from llmd_routes.model.inventory import Inventory
from llmd_routes.model.options import Options
from llmd_routes.model.plan import RouteSet

from .attach import attachments, instance_of


def plan_route_set(inventory: Inventory, options: Options, problems: Problems) -> RouteSet:
    """Return the set of routes, and add why Gateways cannot be used or the set has no name."""
    attached = attachments(inventory, options, problems)
    name = instance_of(attached, options, problems)
    return RouteSet(name, tuple(attached), options.path_prefixes, options.hostnames)
