"""Port: where the result goes. A file is replaced as a whole or not touched; stdout gets everything or nothing."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TextIO

from .errors import InputError
from .render import Manifest


def as_text(manifests: Sequence[Manifest], output: Literal["yaml", "json"]) -> str:
    """Return the manifests as a YAML stream, or as one JSON `List`, which kubectl takes alike."""
    if output == "yaml":
        return "".join(f"---\n{manifest.text}" for manifest in manifests)
    listed = {"apiVersion": "v1", "kind": "List", "items": [manifest.obj for manifest in manifests]}
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def write(text: str, path: Path | None, stdout: TextIO) -> None:
    """Write to a file, or to stdout where there is none.

    Raises InputError when the file cannot be written; what it held before is then still there.
    """
    if path is None:
        stdout.write(text)
        stdout.flush()
        return
    try:
        _replace(path, text.encode())
    except OSError as error:
        fact = (error.strerror or str(error)).lower()
        raise InputError(
            f"--output-file {path}: cannot be written: {fact}; check the path and its permissions"
        ) from None


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and move it into place; what is no regular file (/dev/stdout) is written as it is."""
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    mode = target.stat().st_mode & 0o7777 if target.exists() else None
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        temporary.chmod(0o666 & ~_umask() if mode is None else mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the umask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
