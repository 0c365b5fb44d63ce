"""The state of a controller that its metrics and probes show. Values only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

Result = Literal["complete", "incomplete", "failed"]
RESULTS: Final[tuple[Result, ...]] = ("complete", "incomplete", "failed")
# Seconds without a step of the loop after which a controller counts as stuck: a pass with a slow server takes long.
_STUCK: Final = 300.0


@dataclass
class State:
    """The loop writes these values in its thread, and other threads read them.

    `step` is the time of the last step (monotonic), `complete` that of the last complete pass (Unix time, 0 for none).
    `seconds` is how long the last pass took.
    """

    leads: Callable[[], bool]
    is_ready: bool = False
    step: float = field(default_factory=time.monotonic)
    complete: float = 0.0
    seconds: float = 0.0
    passes: dict[Result, int] = field(default_factory=lambda: dict.fromkeys(RESULTS, 0))
    applied: int = 0
    removed: int = 0
    routes: int = 0
    withheld: int = 0
    problems: int = 0
    failing: int = 0

    def is_alive(self) -> bool:
        """Return whether the loop continues."""
        return time.monotonic() < self.step + _STUCK
