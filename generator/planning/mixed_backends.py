"""Decide the backends behind a proxy that reaches both stand-alone routers and InferencePools. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from llmd_routes.errors import Problems
from llmd_routes.model.inventory import Inventory
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Backend, Keyed

from .pools import backends
from .service_backends import service_backends


def mixed_backends(
    services: Sequence[Keyed], inventory: Inventory, instance: str, options: Options, problems: Problems
) -> list[Backend]:
    """Return the stand-alone router of each service, else its InferencePool, in order.

    Adds an error for each service without a backend. With `--backend pool`, all have InferencePools.
    """
    routed = [one for one in services if one.service.router is not None and options.backend != "pool"]
    titles = {one.service.title for one in routed}
    others = [one for one in services if one.service.title not in titles]
    reason = "the proxy of each stand-alone router asks its own endpoint picker"
    found = [
        *service_backends(routed, inventory, reason, problems),
        *backends(others, inventory, instance, options, problems),
    ]
    order = {one.service.title: number for number, one in enumerate(services)}
    return sorted(found, key=lambda backend: order[backend.keyed.service.title])
