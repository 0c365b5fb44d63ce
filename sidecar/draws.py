"""Draw the engine of a request whose model is split over several."""

from __future__ import annotations

import random
from collections.abc import Mapping


def draw(weights: Mapping[str, int]) -> str:
    """Return one of the owners by their weights."""
    return random.choices(list(weights), list(weights.values()))[0]
