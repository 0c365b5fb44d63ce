"""What the report says of whatever reads bodies. Pure."""

from __future__ import annotations

from llmd_routes.quantities import shown_size
from llmd_routes_sidecar.extraction import Settings


def body_note(reader: str, settings: Settings, cost: str) -> str:
    """Return that a reader reads bodies by these settings, and what that costs; `cost` begins with its punctuation."""
    hidden = "; what they say of engines is hidden from engines" if settings.strip_engine_fields else ""
    limit = shown_size(settings.body_limit)
    return f"{reader} reads model and engine from bodies up to {limit} (larger ones are answered 413){cost}{hidden}"
