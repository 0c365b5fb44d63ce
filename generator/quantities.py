"""Read and show sizes (`512Ki`), and read durations as kubectl does (`1m30s`). Pure."""

from __future__ import annotations

import re
from typing import Final

_SIZE: Final = re.compile(r"([0-9]{1,15})(Ki|Mi|Gi)?")
_BYTES: Final = {None: 1, "Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


def size_of(said: str) -> int | None:
    """Return a size (`4194304`, `512Ki`, `2Mi`) in bytes; None for 0 and for invalid sizes."""
    found = _SIZE.fullmatch(said)
    return int(found[1]) * _BYTES[found[2]] or None if found else None


def shown_size(count: int) -> str:
    """Return a number of bytes in readable form: `1.5 MiB`, `0.5 KiB`."""
    return f"{count / 1024**2:.1f} MiB" if count >= 1024**2 else f"{count / 1024:.1f} KiB"


def seconds(text: str) -> float | None:
    """Return a duration in seconds, 0.0 for an empty text, or None for an invalid one."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
