"""Puts what is known into the Go templates that values of manifests hold. Pure, no I/O.

Controllers render them with what a resource says: https://pkg.go.dev/text/template. Only whole expressions are known,
by their text; nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)


def filled(value: Any, values: Mapping[str, str], other: str | None = None) -> Any:
    """Return a value with its expressions replaced, in strings at any depth.

    `values` are by the text of the expression, with single spaces. What is not known becomes `other`, else it stays.
    """
    if isinstance(value, str):
        return _EXPRESSION.sub(lambda found: _value(found, values, other), value) if "{{" in value else value
    if isinstance(value, Mapping):
        return {key: filled(inner, values, other) for key, inner in value.items()}
    return [filled(inner, values, other) for inner in value] if isinstance(value, list) else value


def _value(found: re.Match[str], values: Mapping[str, str], other: str | None) -> str:
    known = values.get(" ".join(found[1].split()))
    return known if known is not None else found[0] if other is None else other
