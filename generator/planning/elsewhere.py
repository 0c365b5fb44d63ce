"""Decide whether a rule answers requests that no other rule matches. Pure, no I/O.

Gateways that ask all endpoint pickers about such requests answer them with 500 if one picker fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.inventory.routes import catch_all_of
from llmd_routes.model.naming import route_name
from llmd_routes.model.plan import Extension
from llmd_routes.notices import Notice

from .conflicts import compare_hosts


def plan_elsewhere(draft: Draft) -> Extension | None:
    """Return the filter that answers them, or None if none is needed, or another route already matches every path.

    The filter is named after the instance.
    """
    kinds = {by_name(one.implementation).answers for one in draft.route_set.attachments}
    kind = kinds.pop() if len(kinds) == 1 else None
    has_pools = any(backend.port is None for backend in draft.backends)
    if kind is None or not has_pools or "/" in draft.route_set.prefixes or _is_taken(draft):
        return None
    return Extension(*kind, route_name(draft.route_set.instance, 1))


def elsewhere_notices(draft: Draft) -> Iterator[Notice]:
    """Yield a notice for each Gateway if such a rule is planned."""
    if any(rule.extension for route in draft.routes for rule in route.rules):
        for one in draft.route_set.attachments:
            fact = "a rule for / answers requests without a route; a route for / that is created later loses to it"
            yield Notice("catch-all-rule", str(one.ref), fact, "generate again once the Gateway has a route for /")


def _is_taken(draft: Draft) -> bool:
    """Return whether an existing route matches every path of the same hosts on one of the Gateways."""
    return any(
        catch_all_of(route) is not None and compare_hosts(one, route, draft.route_set.hostnames) == 0
        for route in draft.foreign
        for one in draft.route_set.attachments
    )
