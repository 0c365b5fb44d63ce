"""Parse label selectors as kubectl -l does, and match labels with them. Pure.

Spec: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from llmd_routes.errors import InputError

_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?"
_KEY: Final = rf"(?P<key>(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?{_NAME})"
_VALUE: Final = rf"(?:{_NAME})?"
_FORMS: Final = (
    re.compile(rf"{_KEY}"),
    re.compile(rf"(?P<not>!)\s*{_KEY}"),
    re.compile(rf"{_KEY}\s*(?:==?|(?P<not>!=))\s*(?P<values>{_VALUE})"),
    re.compile(rf"{_KEY}\s+(?:in|(?P<not>notin))\s*\((?P<values>\s*{_VALUE}(?:\s*,\s*{_VALUE})*\s*)\)"),
)
# Matches commas between requirements, not commas inside a list of values.
_SEPARATOR: Final = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A key and its allowed values, or with `negated` its forbidden values; any value without `values`."""

    key: str
    values: frozenset[str] | None = None
    negated: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether labels meet the requirement. A negated requirement is met if the key is missing."""
        if self.key not in labels:
            return self.negated
        return (self.values is None or labels[self.key] in self.values) is not self.negated


def parse_selector(text: str) -> tuple[Requirement, ...]:
    """Return the requirements of a selector such as `team=a,tier in (x, y),!canary`; all of them must be met.

    Raises InputError if the text is not a selector.
    """
    return tuple(_requirement(part.strip(), text) for part in _SEPARATOR.split(text))


def _requirement(part: str, text: str) -> Requirement:
    match = next((match for form in _FORMS if (match := form.fullmatch(part))), None)
    if match is None:
        raise InputError(f"-l {text}: invalid label selector; use KEY=VALUE, KEY in (A,B), KEY or !KEY, and commas")
    groups = match.groupdict()
    values = groups.get("values")
    chosen = None if values is None else frozenset(value.strip() for value in values.split(","))
    return Requirement(groups["key"], chosen, bool(groups.get("not")))
