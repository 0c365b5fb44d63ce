"""Reads YAML that stands as text inside an object: patches, files of ConfigMaps. Pure, no I/O."""

from __future__ import annotations

from typing import Any

from .values import Refused
from .yaml_values import yaml_values


def load(text: str) -> Any:
    """Return the value of one YAML document, or None when the text is no YAML or several documents."""
    try:
        found = yaml_values(text, 1)
    except Refused:
        return None
    return found[0].value if len(found) == 1 else None


def load_all(text: str) -> list[Any]:
    """Return the values of all YAML documents of a text but for empty ones; none when it is no YAML."""
    try:
        return [found.value for found in yaml_values(text, 1) if found.value is not None]
    except Refused:
        return []
