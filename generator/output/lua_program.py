"""Fill in the Lua filter that copies model and engine from a request's body into headers. Pure.

The filter is data, which differs between installations, and a program, which is the same everywhere. The rules are
those of `llmd_routes_sidecar.extraction`, and both are tested with the same vectors.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

from llmd_routes.gateways.lua import Value, entries, literal
from llmd_routes_sidecar.answers import ALLOWED
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import ALIASES

from .templating import environment, source

PROGRAM: Final = "lua/extractor.lua"
_DATA: Final = "lua/extractor-data.lua.j2"


def extractor(settings: Settings, catalog: Catalog | None = None, *, responds: bool = False) -> str:
    """Return the filter of an installation, data first; equal settings give equal bytes.

    It runs in Envoy's Lua filter, and passes Envoy Gateway's strict validation of one. With a catalog, the filter
    answers requests for the models list, and requests without a route: it responds, or sets the response in the
    dynamic metadata, which the gateway uses if no route matches.
    """
    values: dict[str, Value] = {
        "prefixes": [prefix.rstrip("/") for prefix in settings.prefixes],
        "hosts": {host.lower(): True for host in settings.hosts if not host.startswith("*.")},
        "wildcards": [host[1:].lower() for host in settings.hosts if host.startswith("*.")],
        "limit": settings.body_limit,
        "keep_query": settings.keep_query,
        "strip_engine": settings.strip_engine_fields,
        "responds": responds,
        "allowed": ", ".join(ALLOWED),
        "splits": {model: sorted(owners.items()) for model, owners in sorted(settings.splits.items())},
    }
    filled = {name: literal(value) for name, value in values.items()}
    return (
        environment()
        .get_template(_DATA)
        .render(
            filled,
            answers=catalog is not None,
            entries=entries(catalog) if catalog else [],
            aliases=_by_owner(),
            source=f"templates/{PROGRAM} of llmd-routes",
            digest=program_digest(),
            program=source(PROGRAM),
        )
    )


@cache
def program_digest() -> str:
    """Return the SHA-256 of the program as `sha256sum` prints it."""
    return hashlib.sha256(source(PROGRAM).encode()).hexdigest()


@cache
def _by_owner() -> list[str]:
    """Return the aliases as members of a Lua table, one line for each owner."""
    lines: dict[str, list[str]] = {}
    for alias, owner in ALIASES.items():
        lines.setdefault(owner, []).append(f"[{literal(alias)}] = {literal(owner)},")
    return list(map(" ".join, lines.values()))
