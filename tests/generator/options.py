"""Options as a user gives them."""

from __future__ import annotations

from typing import Any

from llmd_routes.model.options import Given, Options
from llmd_routes.reading.options import parse_options


def to_options(**words: Any) -> Options:
    """Return what these words say, by the names of `Given`."""
    return parse_options(Given(**words))
