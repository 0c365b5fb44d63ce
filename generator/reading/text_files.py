"""Read one text, from a file or from stdin, up to a size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from llmd_routes.errors import InputError
from llmd_routes.quantities import size_of

# The maximum size of all manifests together, and of a settings file (bytes).
LIMIT: Final = 256 * 1024**2
_MOST_IN_SETTINGS: Final = 16 * 1024**2
# The number of bytes per read.
_PIECE: Final = 1024**2


class TooLargeError(Exception):
    """The input exceeds its limit."""


@dataclass
class Quota:
    """The number of bytes that may still be read."""

    left: int

    def read(self, stream: BinaryIO) -> bytes:
        """Return the rest of a stream. Raises TooLargeError if it exceeds the bytes that are left."""
        pieces = []
        while piece := stream.read(_PIECE):
            self.left -= len(piece)
            if self.left < 0:
                raise TooLargeError
            pieces.append(piece)
        return b"".join(pieces)


def limit_of(word: str | None) -> int:
    """Return the limit of the input in bytes. Raises InputError if the size is invalid."""
    limit = LIMIT if word is None else size_of(word)
    if limit is None:
        raise InputError(f"--input-limit {word}: invalid size; use bytes, or a number with Ki, Mi or Gi")
    return limit


def too_large(source: str) -> str:
    """Return the error for a source that exceeds the limit of the input."""
    return f"{source}: the input exceeds its limit; raise --input-limit, or pass fewer files"


def read_file(path: Path, named: str) -> str:
    """Return the text of a file of settings, decoded as UTF-8.

    Raises InputError, which calls the file `named`, if it cannot be read or exceeds 16 MiB.
    """
    try:
        with path.open("rb") as stream:
            return Quota(_MOST_IN_SETTINGS).read(stream).decode("utf-8")
    except TooLargeError:
        raise InputError(f"{named}: larger than 16 MiB; check the path") from None
    except (OSError, ValueError) as error:
        fact = (getattr(error, "strerror", None) or "not UTF-8").lower()
        raise InputError(f"{named}: cannot be read: {fact}; check the path") from None


def read_bytes(path: str, stdin: TextIO) -> bytes:
    """Return the bytes of a file, or of stdin (`-`). Raises InputError if they cannot be read or exceed the limit."""
    try:
        if path == "-":
            return Quota(LIMIT).read(stdin.buffer)
        with Path(path).open("rb") as stream:
            return Quota(LIMIT).read(stream)
    except TooLargeError:
        raise InputError(f"{path}: larger than 256 MiB; pass a smaller file") from None
    except (OSError, ValueError) as error:
        fact = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputError(f"{path}: cannot be read: {fact}; check the path") from None


def read_text(stdin: TextIO, limit: int = LIMIT) -> str:
    """Return the text of stdin, unchanged. Raises InputError if it is not UTF-8, or exceeds `limit` bytes."""
    try:
        # Read bytes where possible, so that the locale does not decide the decoding.
        buffer = getattr(stdin, "buffer", None)
        return stdin.read() if buffer is None else Quota(limit).read(buffer).decode()
    except TooLargeError:
        raise InputError(too_large("-")) from None
    except (OSError, ValueError):
        raise InputError("-: not UTF-8; pass manifests as UTF-8 on stdin") from None
