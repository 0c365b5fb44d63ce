"""The line of the report about body-based routing. Pure."""

from __future__ import annotations

from llmd_routes.quantities import shown_size
from llmd_routes_sidecar.extraction import Settings


def body_note(reader: str, settings: Settings, cost: str) -> str:
    """Return which object reads bodies with these settings, and the cost; `cost` starts with its punctuation."""
    hidden = "; what they say of engines is hidden from engines" if settings.strip_engine_fields else ""
    limit = shown_size(settings.body_limit)
    return f"{reader} reads model and engine from bodies up to {limit} (larger ones are answered 413){cost}{hidden}"
