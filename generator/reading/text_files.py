"""Port: reads one text, from a file or from stdin."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from llmd_routes.errors import InputError


def read_file(path: Path, named: str) -> str:
    """Return the text of a file, decoded as UTF-8. Raises InputError, which calls the file `named`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        fact = (getattr(error, "strerror", None) or "not UTF-8").lower()
        raise InputError(f"{named}: cannot be read: {fact}; check the path") from None


def read_text(stdin: TextIO) -> str:
    """Return what stdin holds, every byte of it. Raises InputError when it is no text."""
    try:
        # The bytes, where there are any: a locale must not decide how they are decoded.
        raw = getattr(stdin, "buffer", stdin).read()
        return raw.decode() if isinstance(raw, bytes) else str(raw)
    except (OSError, ValueError):
        raise InputError("-: cannot be read as UTF-8; give manifests on stdin") from None
