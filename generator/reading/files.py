"""Read manifests from files, folders and stdin: the only file I/O of reading. What is read is judged purely.

In: paths as given to `-f`. Out: a `Reading` of the objects that the program looks at, each once, in an order that does
not depend on that of the files; and everything that is wrong with the input, because an incomplete reading would make
the routes of what is missing disappear. Nothing is raised for bad input.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from llmd_routes.names import SETTINGS_FILE
from llmd_routes.notices import Notice

from .documents import Document, parse
from .merge import Reading, merge
from .text_files import LIMIT, Quota, TooLargeError, too_large

_SUFFIXES: Final = (".yaml", ".yml", ".json")


def read_files(paths: Sequence[str], stdin: TextIO, *, recursive: bool = False, limit: int = LIMIT) -> Reading:
    """Read files, the *.yaml, *.yml and *.json of folders and, for `-`, stdin; collect all problems.

    As with kubectl, folders inside a folder are read only when `recursive`. A document that is no Kubernetes object is
    a notice in a folder (values.yaml stands beside manifests), and a problem in a file that was named by itself. Of a
    folder only regular files are read, and links to such files inside the folder. `limit` is in bytes, for all files.
    """
    documents: list[Document] = []
    problems: list[str] = []
    notices: list[Notice] = []
    for text in _texts(paths, stdin, recursive, Quota(limit)):
        if text.problem is not None:
            problems.append(text.problem)
            continue
        parsed = parse(text.content, text.source, tolerant=text.tolerant)
        documents += parsed.documents
        problems += parsed.problems
        notices += parsed.notices
    objects, conflicts = merge(documents)
    return Reading(objects, tuple(dict.fromkeys(problems)), tuple(sorted(set(notices))), conflicts)


# --- files ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Text:
    source: str
    content: str = ""
    tolerant: bool = False
    problem: str | None = None


def _texts(paths: Sequence[str], stdin: TextIO, recursive: bool, quota: Quota) -> Iterator[_Text]:
    for number, path in enumerate(paths):
        if path == "-":
            again = "-" in paths[:number]
            yield (
                _Text("-", problem="-: passed twice, and stdin can be read only once; remove one of them")
                if again
                else _stdin(stdin, quota)
            )
        elif _is_folder(path):
            yield from _folder(path, recursive, quota)
        else:
            yield _file(path, quota)


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def _folder(top: str, recursive: bool, quota: Quota) -> Iterator[_Text]:
    """Read the manifests of a directory; hidden entries (.git, .github) and links to directories are skipped."""
    refused: list[OSError] = []
    found: list[Path] = []
    for folder, folders, files in os.walk(top, onerror=refused.append):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        manifests = (name for name in files if name.endswith(_SUFFIXES) and not name.startswith("."))
        found += [Path(folder, name) for name in manifests if name != SETTINGS_FILE]
    for error in refused:
        yield _Text(top, problem=_unreadable(str(error.filename), error))
    if not found and not refused:
        below = "" if recursive else ", or pass -R to read its subdirectories"
        yield _Text(top, problem=f"{top}: no *.yaml, *.yml or *.json file in this directory; check the path{below}")
    for path in sorted(found):
        objection = _is_elsewhere(path, Path(top))
        yield _Text(str(path), problem=objection) if objection else _file(str(path), quota, tolerant=True)


def _is_elsewhere(path: Path, top: Path) -> str | None:
    """Return why an entry of a directory is rejected: a special file, or a link to a target outside the directory."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return f"{path}: broken link; correct the link, or remove it"
    if not target.is_relative_to(top.resolve()):
        return f"{path}: links to a file outside the directory; pass that file with -f, or remove the link"
    return None if target.is_file() else f"{path}: not a regular file; remove it"


def _file(path: str, quota: Quota, tolerant: bool = False) -> _Text:
    try:
        with Path(path).open("rb") as stream:
            return _decoded(path, quota.read(stream), tolerant)
    except FileNotFoundError:
        return _Text(path, problem=f"{path}: no such file or directory; check the path")
    except (OSError, ValueError, TooLargeError) as error:
        return _Text(path, problem=_unreadable(path, error))


def _stdin(stdin: TextIO, quota: Quota) -> _Text:
    try:
        # Read bytes where possible, so that the locale does not decide the decoding.
        buffer = getattr(stdin, "buffer", None)
        if buffer is None:
            return _Text("-", stdin.read())
        raw = quota.read(buffer)
        if not raw.strip():
            return _Text("-", problem="-: stdin is empty; check the command that writes to it")
        return _decoded("-", raw, False)
    except (OSError, ValueError, AttributeError, TooLargeError) as error:
        return _Text("-", problem=_unreadable("-", error))


def _decoded(source: str, raw: bytes, tolerant: bool) -> _Text:
    try:
        return _Text(source, raw.decode("utf-8"), tolerant)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _Text(source, problem=f"{source}:{line}: not UTF-8; save it as UTF-8")


def _unreadable(path: str, error: Exception) -> str:
    if isinstance(error, TooLargeError):
        return too_large(path)
    fact = (getattr(error, "strerror", None) or str(error)).lower()
    return f"{path}: cannot be read: {fact}; check the path and its permissions"


# --- the same object twice (pure) -----------------------------------------------------------------------------------
