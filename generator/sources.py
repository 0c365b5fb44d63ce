"""Reads manifests from files, folders and stdin: the only file I/O of reading. What is read is judged purely.

In: paths as given to `-f`. Out: a `Reading` of the objects that the program looks at, each once, in an order that does
not depend on that of the files; and everything that is wrong with the input, because an incomplete reading would make
the routes of what is missing disappear. Nothing is raised for bad input.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from .documents import Document, parse
from .kinds import identity, in_order, kind_read, without_managed_fields
from .names import SETTINGS_FILE
from .notices import Notice
from .objects import Object, Ref, dig, kind_of, labels, mapping, name_of, namespace_of

_SUFFIXES: Final = (".yaml", ".yml", ".json")
# Where `label` adds labels: the templates of Deployments and the like, and those of LeaderWorkerSets.
_LABEL_PATHS: Final = (
    ("spec", "template", "metadata", "labels"),
    ("spec", "leaderWorkerTemplate", "leaderTemplate", "metadata", "labels"),
    ("spec", "leaderWorkerTemplate", "workerTemplate", "metadata", "labels"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The objects of an input, sorted by group, kind, namespace and name; its problems, a line each; its notices.

    `problems` are of texts that cannot be read, so that objects are missing; `conflicts` of objects that are defined
    differently in two places, of which the first stands here.
    """

    objects: tuple[Object, ...]
    problems: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    conflicts: tuple[str, ...] = ()


def read_files(paths: Sequence[str], stdin: TextIO, *, recursive: bool = False) -> Reading:
    """Read files, the *.yaml, *.yml and *.json of folders and, for `-`, stdin; collect all problems.

    As with kubectl, folders inside a folder are read only when `recursive`. A document that is no Kubernetes object is
    a notice in a folder (values.yaml stands beside manifests), and a problem in a file that was named by itself.
    """
    documents: list[Document] = []
    problems: list[str] = []
    notices: list[Notice] = []
    for text in _texts(paths, stdin, recursive):
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


def _texts(paths: Sequence[str], stdin: TextIO, recursive: bool) -> Iterator[_Text]:
    for number, path in enumerate(paths):
        if path == "-":
            again = "-" in paths[:number]
            yield _Text("-", problem="-: given twice; stdin can be read once") if again else _stdin(stdin)
        elif _is_folder(path):
            yield from _folder(path, recursive)
        else:
            yield _file(path)


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def _folder(top: str, recursive: bool) -> Iterator[_Text]:
    """Read the manifests of a folder; hidden entries (.git, .github) and links to folders are left out."""
    refused: list[OSError] = []
    found: list[Path] = []
    for folder, folders, files in os.walk(top, onerror=refused.append):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        manifests = (name for name in files if name.endswith(_SUFFIXES) and not name.startswith("."))
        found += [Path(folder, name) for name in manifests if name != SETTINGS_FILE]
    for error in refused:
        yield _Text(top, problem=_unreadable(str(error.filename), error))
    if not found and not refused:
        below = "" if recursive else ", or give -R to read the folders below it"
        yield _Text(top, problem=f"{top}: no *.yaml, *.yml or *.json file in this folder; check the path{below}")
    for path in sorted(found):
        yield _file(str(path), tolerant=True)


def _file(path: str, tolerant: bool = False) -> _Text:
    try:
        return _decoded(path, Path(path).read_bytes(), tolerant)
    except FileNotFoundError:
        return _Text(path, problem=f"{path}: no such file or folder; check the path")
    except (OSError, ValueError) as error:
        return _Text(path, problem=_unreadable(path, error))


def _stdin(stdin: TextIO) -> _Text:
    try:
        # The bytes, where there are any: a locale must not decide how manifests are decoded.
        raw = getattr(stdin, "buffer", stdin).read()
        return _decoded("-", raw, False) if isinstance(raw, bytes) else _Text("-", raw)
    except (OSError, ValueError, AttributeError) as error:
        return _Text("-", problem=_unreadable("-", error))


def _decoded(source: str, raw: bytes, tolerant: bool) -> _Text:
    try:
        return _Text(source, raw.decode("utf-8"), tolerant)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _Text(source, problem=f"{source}:{line}: not UTF-8; save it as UTF-8")


def _unreadable(path: str, error: Exception) -> str:
    fact = (getattr(error, "strerror", None) or str(error)).lower()
    return f"{path}: cannot be read: {fact}; check the path and its permissions"


# --- the same object twice (pure) -----------------------------------------------------------------------------------


def merge(documents: Iterable[Document]) -> tuple[tuple[Object, ...], tuple[str, ...]]:
    """Return the objects of the kinds that are read, each once and in order, and the conflicts among them, sorted.

    Equal definitions count once, whichever version of the group they are written in. A document that holds only
    template labels is laid over the object it names, as server-side apply would. Otherwise, a problem.
    """
    groups: dict[Any, list[Document]] = {}
    unnamed: list[Document] = []
    for document in documents:
        if kind_read(document.obj):
            named = dig(document.obj, "metadata", "name")
            groups.setdefault(identity(document.obj), []).append(document) if named else unnamed.append(document)
    objects: list[Object] = [document.obj for document in unnamed]
    conflicts: list[str] = []
    for same in groups.values():
        obj, wrong = _merged(sorted(same, key=lambda document: (document.source, document.line)))
        conflicts += wrong
        if obj is not None:
            objects.append(obj)
    return in_order([without_managed_fields(obj) for obj in objects]), tuple(sorted(conflicts))


def _merged(same: list[Document]) -> tuple[Object | None, list[str]]:
    """Return the one object that documents of equal identity define, and what stands against it."""
    additions = [document for document in same if _adds_labels(document.obj)]
    definitions = [document for document in same if not _adds_labels(document.obj)]
    name = _title(same[0].obj)
    if not definitions:
        places = _listed([document.place for document in same])
        return None, [f"{name}: {places} only adds labels to it; give the file that defines it too"]
    first = definitions[0]
    others = [document for document in definitions[1:] if _differ(first.obj, document.obj)]
    if others:
        places = _listed([document.place for document in (first, *others)])
        return first.obj, [f"{name}: defined differently in {places}; keep one"]
    chosen = min(definitions, key=lambda document: _preference(document.obj))
    return _labelled(chosen.obj, additions, name)


def _differ(one: Object, other: Object) -> bool:
    return {**without_managed_fields(one), "apiVersion": ""} != {**without_managed_fields(other), "apiVersion": ""}


def _preference(obj: Object) -> tuple[int, str]:
    read = kind_read(obj)
    version = str(obj.get("apiVersion")).rpartition("/")[2]
    known = read.versions if read else ()
    return (known.index(version) if version in known else len(known)), version


def _labelled(obj: Object, additions: list[Document], name: str) -> tuple[Object, list[str]]:
    problems = []
    for path in _LABEL_PATHS:
        added: dict[str, tuple[str, str]] = {}
        for document in additions:
            for key, value in labels(document.obj, *path).items():
                before, place = added.setdefault(key, (value, document.place))
                if before != value:
                    problems.append(f"{name}: label {key} set differently in {place} and {document.place}; keep one")
        if added:
            obj = _with_labels(obj, path, {key: value for key, (value, _) in added.items()})
    return obj, problems


def _with_labels(obj: Object, path: tuple[str, ...], added: Mapping[str, str]) -> dict[str, Any]:
    if not path:
        return {**obj, **added}
    return {**obj, path[0]: _with_labels(mapping(obj, path[0]), path[1:], added)}


def _adds_labels(obj: Object) -> bool:
    """Return whether a document holds nothing beyond its identity and labels of pod templates."""
    if not set(obj) <= {"apiVersion", "kind", "metadata", "spec"}:
        return False
    if not set(mapping(obj, "metadata")) <= {"name", "namespace"}:
        return False
    return any(labels(obj, *path) for path in _LABEL_PATHS) and all(path in _LABEL_PATHS for path in _paths(obj))


def _paths(obj: Object) -> Iterator[tuple[str, ...]]:
    """Yield the paths in `spec` that lead to label maps or to anything else; stop at the first of the latter."""
    pending: list[tuple[tuple[str, ...], Any]] = [(("spec",), obj.get("spec"))]
    while pending:
        path, value = pending.pop()
        inside = any(path == known[: len(path)] and path != known for known in _LABEL_PATHS)
        if not inside or not isinstance(value, dict):
            yield path
        else:
            pending += [((*path, key), child) for key, child in value.items()]


def _title(obj: Object) -> str:
    return str(Ref(namespace_of(obj) or "", kind_of(obj), name_of(obj)))


def _listed(places: list[str]) -> str:
    return places[0] if len(places) == 1 else f"{', '.join(places[:-1])} and {places[-1]}"
