"""Reads sizes as Kubernetes writes them. Pure."""

from __future__ import annotations

import re
from typing import Final

_SIZE: Final = re.compile(r"([0-9]{1,15})(Ki|Mi|Gi)?")
_UNITS: Final = {None: 1, "Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}


def size_of(said: str) -> int | None:
    """Return a size (`4194304`, `512Ki`, `2Mi`) in bytes; None for 0 and for what is no size."""
    found = _SIZE.fullmatch(said)
    return int(found[1]) * _UNITS[found[2]] or None if found else None
