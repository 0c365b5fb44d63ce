"""The line of the report about body-based routing, and the memory that a filter needs. Pure."""

from __future__ import annotations

from typing import Final

from llmd_routes.quantities import shown_size
from llmd_routes_sidecar.extraction import Settings

# The listener's buffer exceeds the filter's limit by this many bytes, so that the filter answers 413 first.
_MARGIN: Final = 64 * 1024


def buffer_for(limit: int) -> int:
    """Return the buffer of a listener, in bytes, whose filter reads bodies of up to `limit` bytes."""
    return limit + _MARGIN


def filter_note(reader: str, settings: Settings, owner: str) -> str:
    """Return the report line for a filter that reads bodies; `owner` is whose memory it uses, such as "Envoy"."""
    # The filter copies the buffer into a string. To change the body, it also creates substrings, a table that joins
    # them (up to twice the size), and the result.
    most = buffer_for(settings.body_limit) + settings.body_limit * (5 if settings.strip_engine_fields else 1)
    return body_note(reader, settings, f", each of which uses up to {shown_size(most)} of {owner}'s memory")


def body_note(reader: str, settings: Settings, cost: str, larger: str = "larger bodies get 413") -> str:
    """Return which object reads bodies with these settings, and the cost; `cost` includes its leading punctuation."""
    hidden = "; fields that name the engine are removed" if settings.strip_engine_fields else ""
    limit = shown_size(settings.body_limit)
    return f"{reader} reads the model and the engine from bodies up to {limit} ({larger}){cost}{hidden}"
