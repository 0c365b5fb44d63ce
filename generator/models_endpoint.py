"""Chooses who answers the list of models, and requests that no engine serves, and with what. Pure, no I/O.

On istio the filter of the gateway does, from what is known when it is made; elsewhere nobody does yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from llmd_routes_sidecar.catalog import Catalog, Entry, catalog_of

from .extractor import entries
from .options import Options
from .planned import Backend, Carrier, Endpoint
from .splits import Splits

# What a filter holds of a list, in bytes: the program is part of the gateway's configuration.
MOST_HELD: Final = 64 * 1024


def plan_endpoint(
    carrier: Carrier, found: Sequence[Backend], defaults: Mapping[str, str], spread: Splits, options: Options
) -> tuple[Endpoint, list[str]]:
    """Return who answers, and what is wrong with what was asked of it."""
    if options.models_endpoint == "none":
        return Endpoint(reason="as asked"), _pointless(options)
    catalog = _catalog(found, defaults, spread)
    held = sum(len(entry.encode()) for entry in entries(catalog))
    reason = None
    if carrier.kind == "none":
        reason = f"the gateway can where its filter reads requests, and nothing reads them {carrier.reason}"
    elif held > MOST_HELD:
        reason = f"its {len(catalog.entries)} entries are {held} bytes, and a filter holds {MOST_HELD}"
    if reason is None:
        return Endpoint("static", catalog=catalog, catch_all=not options.no_catch_all), []
    asked = options.models_endpoint == "static"
    problems = [f"--models-endpoint static: {reason}; leave it out"] if asked else []
    return Endpoint(reason=reason), [*problems, *_pointless(options)]


def _catalog(found: Sequence[Backend], defaults: Mapping[str, str], spread: Splits) -> Catalog:
    return catalog_of(
        Entry(id=model, owned_by=one.owner, is_default=defaults.get(model) == one.owner and model not in spread)
        for one in (backend.keyed for backend in found)
        for model in one.models
    )


def _pointless(options: Options) -> list[str]:
    if not options.no_catch_all:
        return []
    return ["--no-catch-all: is about requests that are answered in place of an engine, and none are; leave it out"]
