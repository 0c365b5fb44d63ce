"""Regular expressions that match one of several values of a header, in the syntax of RE2. Pure.

Source: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_SPECIAL: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_ALTERNATIVE: Final = r"(?:[^\\.+*?()|\[\]{}^$]|\\[\\.+*?()|\[\]{}^$])+"
_PATTERN: Final = re.compile(rf"\^\(({_ALTERNATIVE}(?:\|{_ALTERNATIVE})*)\)\$")


def pattern_of(values: Sequence[str]) -> str:
    """Return a pattern that matches exactly these values, in their order."""
    alternatives = "|".join(_SPECIAL.sub(r"\\\g<0>", value) for value in values)
    return f"^({alternatives})$"


def values_of(pattern: str) -> tuple[str, ...]:
    """Return the values of a pattern that `pattern_of` returned; none for any other pattern."""
    found = _PATTERN.fullmatch(pattern)
    alternatives = re.findall(_ALTERNATIVE, found[1]) if found else []
    return tuple(re.sub(r"\\(.)", r"\1", alternative) for alternative in alternatives)
