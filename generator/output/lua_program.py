"""The filter of a gateway that copies model and engine from a request's body into headers: its text in Lua. Pure.

The rules are those of `llmd_routes_sidecar.extraction`, and so are the vectors that it is tested by.
"""

from __future__ import annotations

from typing import Any, Final

from llmd_routes.gateways.lua import METADATA, Value, entries, literal
from llmd_routes_sidecar.answers import MOST_NAMED, UNROUTABLE, refusal
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Refusal, Settings
from llmd_routes_sidecar.form_bodies import MOST_IN_HEAD, MOST_PARTS
from llmd_routes_sidecar.owners import ALIASES, INVALID_MODEL

from .templating import environment

_TEMPLATE: Final = "istio/extractor.lua.j2"


def extractor(settings: Settings, catalog: Catalog | None = None) -> str:
    """Return the program for an installation; equal settings give equal bytes.

    It runs in Envoy's Lua filter, and passes Envoy Gateway's strict validation of one. With a catalog it also leaves
    what requests for the list of models are answered, and those that go nowhere, in the dynamic metadata `METADATA`.
    """
    values: dict[str, Value] = {
        "limit": settings.body_limit,
        "hosts": {host.lower(): True for host in settings.hosts if not host.startswith("*.")},
        "wildcards": [host[1:].lower() for host in settings.hosts if host.startswith("*.")],
        "prefixes": [prefix.rstrip("/") for prefix in settings.prefixes],
        "keep_query": settings.keep_query,
        "splits": {model: sorted(owners.items()) for model, owners in sorted(settings.splits.items())},
        "aliases": ALIASES,
        "invalid": INVALID_MODEL,
        "refusals": {reason.value: refusal(reason, settings).body for reason in Refusal},
        "unroutable": UNROUTABLE,
        "most_parts": MOST_PARTS,
        "most_in_head": MOST_IN_HEAD,
        "namespace": METADATA,
        "most_named": MOST_NAMED,
    }
    filled: dict[str, Any] = {name: literal(value) for name, value in values.items()}
    return (
        environment()
        .get_template(_TEMPLATE)
        .render(
            filled,
            answers=catalog is not None,
            entries=entries(catalog) if catalog else [],
            strips=settings.strip_engine_fields,
        )
    )
