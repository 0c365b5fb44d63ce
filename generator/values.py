"""Read scalars as kubectl does, and describe values with their lines and refusals. Pure, no I/O.

kubectl reads YAML 1.1 without base 60 and timestamps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

# Deeper than any Kubernetes schema, and far below the limits of Python and libyaml.
MAX_DEPTH: Final = 200
_TRUE: Final = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE: Final = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER: Final = re.compile(r"([-+]?)(0[bB][01]+|0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


class Refused(Exception):
    """A text cannot be parsed beyond this line."""

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


# 64 binary digits with a sign and 0b; longer integers become decimal numbers, as in kubectl.
_LONGEST_INTEGER: Final = 67


@lru_cache(maxsize=4096)
def plain(text: str) -> Any:
    """Return the value of an unquoted scalar; text for values that JSON cannot represent (infinities, timestamps)."""
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text[0] not in "+-.0123456789":
        return text
    number = text.replace("_", "")
    if len(number) <= _LONGEST_INTEGER and (match := _INTEGER.fullmatch(number)):
        digits = match[2]
        size = int(digits, 8) if digits[0] == "0" and digits[1:].isdigit() else int(digits, 0)
        value = -size if match[1] == "-" else size
        if -(2**63) <= value < 2**64:
            return value
    if not _FLOAT.fullmatch(number):
        return text
    decimal = float(number)
    if abs(decimal) == float("inf"):
        return text
    return int(decimal) if decimal.is_integer() and abs(decimal) < 1e21 else decimal


def scalar(value: Any) -> str | None:
    """Return a YAML scalar as text (`true`, `8000`), or None for null, lists and mappings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None
