"""Decide whether routes reference InferencePools or Services. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.errors import Problems
from llmd_routes.gateways import by_name
from llmd_routes.model.inventory import Platform
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice


def why_services(
    attached: Sequence[Attachment], platform: Platform, options: Options, problems: Problems
) -> str | None:
    """Return why routes reference Services, or None if they reference InferencePools.

    Services are requested, or a Gateway does not support InferencePools. Adds a problem for each such Gateway if
    InferencePools are requested.
    """
    if options.backend == "service":
        return "--backend service"
    lacking = [(one, why) for one in attached if (why := by_name(one.implementation).why_poolless(platform))]
    if options.backend == "pool":
        problems.add(*(f"--backend pool: {one.ref}: {why}; pass --backend service" for one, why in lacking))
        return None
    return lacking[0][1] if lacking else None


def notices_of_kind(attached: Sequence[Attachment], platform: Platform, options: Options) -> Iterator[Notice]:
    """Yield what users of the Gateways must know about InferencePools, or why the routes reference Services."""
    for one in attached if options.backend != "service" else ():
        implementation = by_name(one.implementation)
        why = implementation.why_poolless(platform)
        if why:
            fact = f"{why}, so the routes reference Services"
            yield Notice("implementation", str(one.ref), fact, "pass --backend service to confirm")
        elif implementation.caution:
            yield Notice("implementation", str(one.ref), *implementation.caution)
