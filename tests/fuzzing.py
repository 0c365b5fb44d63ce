"""How many inputs tests by chance try: those of `make test`, the same each time, or FUZZ times as many new ones."""

from __future__ import annotations

import os
import random
from typing import Final

FACTOR: Final = int(os.environ.get("FUZZ", "0"))


def count_of(usual: int) -> int:
    """Return how many inputs are tried."""
    return usual * max(FACTOR, 1)


def seed_of(usual: int) -> int:
    """Return the seed of the inputs; a failure shows its input, so a new seed needs no record."""
    return random.SystemRandom().randrange(2**32) if FACTOR else usual
