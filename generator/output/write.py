"""Write the result. A file is replaced as a whole or not at all; stdout gets everything or nothing.

A directory gets one file for each object; only changed files are written.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, TextIO

from llmd_routes.errors import InputError
from llmd_routes.interrupts import Unwinding
from llmd_routes.terminal import json_text

from .folder import SUFFIXES, Change
from .header import is_same
from .render import Manifest

# No API server accepts an object of this size.
_MOST_IN_FILE: Final = 16 * 1024**2
# Names of open files of this process. They are written in place: renaming a file over the resolved name would replace
# the target of a redirection, and fails for a pipe.
_STREAMS: Final = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR: Final = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,9})")
_MOST_LINKS: Final = 40


def as_text(manifests: Sequence[Manifest], output: Literal["yaml", "json"]) -> str:
    """Return the manifests as a YAML stream, or as one JSON `List`; kubectl accepts both."""
    if output == "yaml":
        return "".join(f"---\n{manifest.text}" for manifest in manifests)
    listed = {"apiVersion": "v1", "kind": "List", "items": [manifest.obj for manifest in manifests]}
    return json_text(listed, 2) + "\n"


def write(text: str, path: Path | None, stdout: TextIO) -> None:
    """Write to a file, or to stdout if `path` is None or an alias of stdout, such as /dev/stdout.

    Raises InputError if the file cannot be written; its former content is then unchanged.
    """
    descriptor = _descriptor_of(path) if path else 1
    if descriptor == 1:
        # Write bytes where possible, so that the locale does not decide the encoding.
        buffer = getattr(stdout, "buffer", None)
        stdout.write(text) if buffer is None else buffer.write(text.encode())
        stdout.flush()
        return
    assert path is not None
    try:
        if descriptor is None:
            _replace(path, text.encode())
        else:
            with os.fdopen(os.dup(descriptor), "wb") as stream:
                stream.write(text.encode())
    except OSError as error:
        raise _unwritten(f"--output-file {path}", error) from None


def file_changes(path: Path, text: str) -> list[Change]:
    """Return the change that gives a file this text, if any.

    Raises InputError if the file cannot be read or is not a regular file.
    """
    try:
        if _descriptor_of(path) is not None or (path.exists() and not path.is_file()):
            raise InputError(f"--output-file {path}: not a regular file, which --check needs; pass another path")
        before = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise InputError(f"--output-file {path}: cannot be read: {(error.strerror or '').lower()}") from None
    shown = None if before is None else before.decode(errors="replace")
    return [] if shown is not None and is_same(shown, text) else [Change(path.name, shown, text)]


def read_folder(folder: Path) -> dict[str, str]:
    """Return the text of each manifest in a directory by file name, nothing if the directory does not exist.

    Links, special files, files that are not UTF-8 and files above 16 MiB have an empty text, so that llmd-routes never
    overwrites them. Raises InputError if the directory cannot be read.
    """
    found: dict[str, str] = {}
    try:
        for path in sorted(folder.iterdir()) if folder.exists() else []:
            if path.name.endswith(SUFFIXES):
                found[path.name] = _text(path)
    except OSError as error:
        fact = (error.strerror or str(error)).lower()
        raise InputError(f"--output-dir {folder}: cannot be read: {fact}; check the path") from None
    return found


def _text(path: Path) -> str:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_IN_FILE:
        return ""
    with suppress(UnicodeDecodeError):
        return path.read_bytes().decode()
    return ""


def write_folder(folder: Path, changes: Sequence[Change]) -> None:
    """Apply changes to a directory in order, and create the directory if it is missing.

    Raises InputError if a change fails. Earlier changes remain, and the next run applies the rest.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for change in changes:
            path = folder / change.name
            path.unlink() if change.after is None else _move_into_place(path, change.after.encode())
    except OSError as error:
        raise _unwritten(f"--output-dir {folder}", error) from None


def _unwritten(place: str, error: OSError) -> InputError:
    fact = (error.strerror or str(error)).lower()
    return InputError(f"{place}: cannot be written: {fact}; check the path and its permissions")


def _descriptor_of(path: Path) -> int | None:
    """Return the number of the open file at a path or behind its links; None for any other path."""
    for _ in range(_MOST_LINKS):
        name = os.path.normpath(path.absolute())
        if name in _STREAMS:
            return _STREAMS[name]
        if numbered := _DESCRIPTOR.fullmatch(name):
            return int(numbered[1])
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return None


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and rename the result; write devices and pipes (/dev/null) in place."""
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    _move_into_place(target, content)


def _move_into_place(target: Path, content: bytes) -> None:
    """Write beside a file and rename the result; a link at that path is replaced and never followed."""
    mode = target.lstat().st_mode & 0o7777 if target.is_file() and not target.is_symlink() else None
    with Unwinding():
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
