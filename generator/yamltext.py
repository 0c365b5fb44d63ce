"""Parses YAML that stands as text inside an object: patches, files of ConfigMaps. Pure, no I/O."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def load(text: str) -> Any:
    """Return the value of one YAML document, or None when the text is no YAML.

    The C loader is tried first for speed; it refuses some valid YAML (`{image: name:tag}`), so the other one decides.
    """
    for pure in (False, True):
        try:
            return YAML(typ="safe", pure=pure).load(text)
        except (YAMLError, ValueError, RecursionError):
            continue
    return None
