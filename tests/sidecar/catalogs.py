"""Makes catalogs of entries."""

from __future__ import annotations

from collections.abc import Iterable

from llmd_routes_sidecar.catalog import Catalog, Model, Service
from llmd_routes_sidecar.served import Entry


def catalog_of(entries: Iterable[Entry]) -> Catalog:
    """Return a catalog with a service for each entry, in order."""
    return Catalog(
        services=tuple(
            Service(owned_by=entry.owned_by, models=(Model(id=entry.id, is_default=entry.is_default),))
            for entry in entries
        )
    )
