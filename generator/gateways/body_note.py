"""The line of the report about body-based routing. Pure."""

from __future__ import annotations

from llmd_routes.quantities import shown_size
from llmd_routes_sidecar.extraction import Settings


def body_note(reader: str, settings: Settings, cost: str) -> str:
    """Return which object reads bodies with these settings, and the cost; `cost` includes its leading punctuation."""
    hidden = "; fields that name the engine are removed" if settings.strip_engine_fields else ""
    limit = shown_size(settings.body_limit)
    return f"{reader} reads the model and the engine from bodies up to {limit} (larger bodies get 413){cost}{hidden}"
