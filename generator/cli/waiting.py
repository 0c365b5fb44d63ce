"""Read again and again until everything is in effect, for a bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from .progress import progress

if TYPE_CHECKING:
    from llmd_routes.diagnosing.readiness import Readiness

# Seconds between two readings; a reading that takes longer is followed by a pause as long as itself.
_PAUSE_S: Final = 1.0


def wait_for(read: Callable[[], Readiness], limit_s: float) -> Readiness:
    """Read again and again until everything is in effect or the time is over, and return the last reading."""
    start = time.monotonic()
    subject = "reading"
    with progress(lambda: subject):
        while True:
            began = time.monotonic()
            readiness = read()
            now = time.monotonic()
            left = limit_s - (now - start)
            if not readiness.findings or left <= 0:
                return readiness
            count, total = len(readiness.waiting), len(readiness.objects)
            subject = f"waiting for {readiness.waiting[0]} ({max(total - count, 0)} of {total} in effect)"
            time.sleep(min(max(_PAUSE_S, now - began), left))
