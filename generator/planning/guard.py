"""Decide whether a rule guards against unknown engines. Pure, no I/O.

The guard matches any value of x-owned-by, by a pattern. Where bodies are read, it only answers earlier: the engine
`default` is set if a request names none, so that no other rule matches an unknown one.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.notices import Notice
from llmd_routes_sidecar.owners import OWNER_HEADER


def has_guard(draft: Draft) -> bool:
    """Return whether all Gateways support the pattern of the guard."""
    return all(by_name(one.implementation).patterns for one in draft.route_set.attachments)


def unguarded_models(draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each Gateway that routes unknown engines to the default engine of the model."""
    if draft.carrier.kind != "none" or has_guard(draft):
        return
    for one in draft.route_set.attachments:
        fact = f"a request whose {OWNER_HEADER} names an unknown engine reaches the default engine of its model"
        fix = "name only engines of the models list"
        if any(kind != "in-gateway" for kind in by_name(one.implementation).carriers):
            fix = "pass --image IMAGE for an external service"
        yield Notice("unguarded", str(one.ref), fact, fix)
