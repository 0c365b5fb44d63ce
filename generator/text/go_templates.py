"""Replace known values in Go templates of manifests. Pure, no I/O.

Controllers render them with what a resource says: https://pkg.go.dev/text/template. Only whole expressions are known,
by their text; nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
# Control statements, which produce no output themselves.
_CONTROL = ("if", "else", "end", "with", "range")
_CHOICE = (
    r"\{\{-?\s*if CONDITION\s*-?\}\}((?:(?!\{\{).)*)"
    r"(?:\{\{-?\s*else\s*-?\}\}((?:(?!\{\{).)*))?\{\{-?\s*end\s*-?\}\}"
)


def filled(value: Any, values: Mapping[str, str], other: str | None = None) -> Any:
    """Return a value with its expressions replaced, in strings at any depth.

    `values` are keyed by the text of the expression, with single spaces. Unknown expressions become `other`, or stay
    without it; of an undecided choice, all branches stay.
    """
    if isinstance(value, str):
        return _EXPRESSION.sub(lambda found: _value(found, values, other), value) if "{{" in value else value
    if isinstance(value, Mapping):
        return {key: filled(inner, values, other) for key, inner in value.items()}
    return [filled(inner, values, other) for inner in value] if isinstance(value, list) else value


def decided(value: Any, condition: str, holds: bool) -> Any:
    """Return a value with every `{{ if CONDITION }}...{{ else }}...{{ end }}` decided, in strings at any depth.

    The branches must contain no further expression: nested ones stay.
    """
    if isinstance(value, Mapping):
        return {key: decided(inner, condition, holds) for key, inner in value.items()}
    if isinstance(value, list):
        return [decided(inner, condition, holds) for inner in value]
    if not isinstance(value, str) or condition not in value:
        return value
    choice = re.compile(_CHOICE.replace("CONDITION", re.escape(condition)), re.DOTALL)
    return choice.sub(lambda found: found[1] if holds else found[2] or "", value)


def _value(found: re.Match[str], values: Mapping[str, str], other: str | None) -> str:
    expression = found[1].split()
    known = "" if expression[:1] and expression[0] in _CONTROL else values.get(" ".join(expression))
    return known if known is not None else found[0] if other is None else other
