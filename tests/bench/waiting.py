"""Waits for a condition, never for a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

from .errors import BenchError

Found = TypeVar("Found")
# Real engines take longer than their stand-ins.
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
_PAUSE = 0.05  # seconds between two looks


def until(condition: Callable[[], Found | None], what: str | Callable[[], str], seconds: float = SECONDS) -> Found:
    """Return the first true value of `condition`, which may raise OSError while nobody answers yet.

    Raises BenchError naming `what` (or what it returns then) if it does not come in time.
    """
    deadline = time.monotonic() + seconds
    seen: object = None
    while time.monotonic() < deadline:
        try:
            if found := condition():
                return found
            seen = found
        except OSError as error:
            seen = error
        time.sleep(_PAUSE)
    told = what if isinstance(what, str) else what()
    raise BenchError(f"{told}: not after {seconds:.0f} s (last seen: {seen})")
