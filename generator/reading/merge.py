"""Merge documents into objects, each once and in order, and report what contradicts. Pure, no I/O.

A document that holds only template labels is laid over the object it names, as server-side apply would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from llmd_routes.errors import Problems
from llmd_routes.kinds import identity, in_order, kind_read, without_managed_fields
from llmd_routes.kube.objects import Object, Ref, dig, kind_of, labels, mapping, name_of, namespace_of
from llmd_routes.notices import Notice
from llmd_routes.sources.renderers import makes_pods

from .documents import Document

# Paths where `label` adds labels: the pod templates of Deployments and similar kinds, and those of LeaderWorkerSets.
_LABEL_PATHS: Final = (
    ("spec", "template", "metadata", "labels"),
    ("spec", "leaderWorkerTemplate", "leaderTemplate", "metadata", "labels"),
    ("spec", "leaderWorkerTemplate", "workerTemplate", "metadata", "labels"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The objects of an input, sorted by group, kind, namespace and name; its problems, one line each; its notices.

    `problems` are about unreadable texts, so objects are missing. `conflicts` are about objects with two different
    definitions; `objects` contains the first.
    """

    objects: tuple[Object, ...]
    problems: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    conflicts: tuple[str, ...] = ()


def merge(documents: Iterable[Document]) -> tuple[tuple[Object, ...], tuple[str, ...]]:
    """Return the objects of the kinds that are read, each once and in order, and the conflicts among them, sorted.

    Of other kinds, those that make pods are kept, because what they make is missing from the input.
    Equal definitions count once, whichever version of the group they are written in. A document that holds only
    template labels is laid over the object it names, as server-side apply would. Otherwise, a problem.
    """
    groups: dict[Any, list[Document]] = {}
    unnamed: list[Document] = []
    makers: dict[Any, Object] = {}
    for document in documents:
        if kind_read(document.obj) is None:
            if makes_pods(document.obj):
                makers.setdefault(identity(document.obj), document.obj)
        else:
            named = dig(document.obj, "metadata", "name")
            groups.setdefault(identity(document.obj), []).append(document) if named else unnamed.append(document)
    objects: list[Object] = [*makers.values(), *(document.obj for document in unnamed)]
    conflicts = Problems()
    for same in groups.values():
        obj = _merged(sorted(same, key=lambda document: (document.source, document.line)), conflicts)
        objects += [obj] if obj is not None else []
    return in_order([without_managed_fields(obj) for obj in objects]), tuple(sorted(conflicts.lines))


def _merged(same: list[Document], conflicts: Problems) -> Object | None:
    """Return the one object that documents of equal identity define, and add conflicts."""
    additions = [document for document in same if _adds_labels(document.obj)]
    definitions = [document for document in same if not _adds_labels(document.obj)]
    name = _title(same[0].obj)
    if not definitions:
        places = _listed([document.place for document in same])
        conflicts.add(f"{name}: {places} only adds labels to it; pass the file that defines it too")
        return None
    first = definitions[0]
    others = [document for document in definitions[1:] if _differ(first.obj, document.obj)]
    if others:
        places = _listed([document.place for document in (first, *others)])
        conflicts.add(f"{name}: defined differently in {places}; keep one of them")
        return first.obj
    chosen = min(definitions, key=lambda document: _preference(document.obj))
    return _labelled(chosen.obj, additions, name, conflicts)


def _differ(one: Object, other: Object) -> bool:
    return {**without_managed_fields(one), "apiVersion": ""} != {**without_managed_fields(other), "apiVersion": ""}


def _preference(obj: Object) -> tuple[int, str]:
    read = kind_read(obj)
    version = str(obj.get("apiVersion")).rpartition("/")[2]
    known = read.versions if read else ()
    return (known.index(version) if version in known else len(known)), version


def _labelled(obj: Object, additions: list[Document], name: str, conflicts: Problems) -> Object:
    for path in _LABEL_PATHS:
        added: dict[str, tuple[str, str]] = {}
        for document in additions:
            for key, value in labels(document.obj, *path).items():
                before, place = added.setdefault(key, (value, document.place))
                if before != value:
                    places = f"{place} and {document.place}"
                    conflicts.add(f"{name}: label {key} set differently in {places}; keep one of them")
        if added:
            obj = _with_labels(obj, path, {key: value for key, (value, _) in added.items()})
    return obj


def _with_labels(obj: Object, path: tuple[str, ...], added: Mapping[str, str]) -> dict[str, Any]:
    if not path:
        return {**obj, **added}
    return {**obj, path[0]: _with_labels(mapping(obj, path[0]), path[1:], added)}


def _adds_labels(obj: Object) -> bool:
    """Return whether a document contains nothing but its identity and labels of pod templates."""
    if not set(obj) <= {"apiVersion", "kind", "metadata", "spec"}:
        return False
    if not set(mapping(obj, "metadata")) <= {"name", "namespace"}:
        return False
    return any(labels(obj, *path) for path in _LABEL_PATHS) and all(path in _LABEL_PATHS for path in _paths(obj))


def _paths(obj: Object) -> Iterator[tuple[str, ...]]:
    """Yield the paths in `spec` to label maps or to other values; stop at the first other value."""
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
