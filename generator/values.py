"""What both readers of text give: values with the lines where they stand, or the refusal of a text. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# Deeper than any schema of Kubernetes, and far from where Python or libyaml run out of stack or time.
MAX_DEPTH: Final = 200


class Refused(Exception):
    """A text cannot be read on from this line."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.problem = line, problem


@dataclass(frozen=True, slots=True)
class Found:
    """A value, its line, the lines of the mappings in its lists by `id`, and its duplicate keys with their lines."""

    value: Any
    line: int
    lines: Mapping[int, int]
    duplicates: tuple[tuple[str, int], ...] = ()
