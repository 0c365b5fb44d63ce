"""Turn text into Kubernetes objects: multi-document YAML, JSON, and lists of either. Pure: no I/O, nothing is raised.

What a person gets is either the object, as kubectl would have read it, or one line that says which line is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from llmd_routes.kinds import kind_read
from llmd_routes.kube.objects import is_dns_name, kind_of, labels, name_of
from llmd_routes.notices import Notice
from llmd_routes.text.json_values import json_values
from llmd_routes.text.placeholders import RENDER, placeholder_in
from llmd_routes.text.yaml_values import yaml_values
from llmd_routes.values import Found, Refused

_MARKER: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
# All YAML versions are read alike, and libyaml rejects unknown ones.
_VERSION_DIRECTIVE: Final = re.compile(r"^%YAML[^\r\n]*", re.MULTILINE)
# After this many problems the rest of a text is not read.
_MOST_PROBLEMS: Final = 100
_JSON_START: Final = re.compile(r'(?:---)?[ \t\r\n]*(?=\{[ \t\r\n]*["}]|\[[ \t\r\n]*["{\[\]])')


@dataclass(frozen=True, slots=True)
class Document:
    """One Kubernetes object with the file and line where it begins."""

    obj: dict[str, Any]
    source: str
    line: int

    @property
    def place(self) -> str:
        """Return `source:line`."""
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The objects of a text in order, of all kinds; its problems, one line each; and its notices."""

    documents: tuple[Document, ...]
    problems: tuple[str, ...]
    notices: tuple[Notice, ...]


def parse(text: str, source: str, *, tolerant: bool = False) -> Parsed:
    """Read a text of YAML or JSON documents; `source` names it in places, problems and notices.

    Lists (`kind: List`, `DeploymentList`) are flattened, empty documents skipped. An invalid document does not hide the
    others. With `tolerant`, a valid document that is not a Kubernetes object (values.yaml, Chart.yaml) is a notice and
    not a problem.
    """
    documents: list[Document] = []
    problems: list[str] = []
    notices: list[Notice] = []
    for first, chunk in _chunks(text.removeprefix("\ufeff")):
        try:
            for found in _values(chunk, first):
                notices += (_duplicate(source, key, line) for key, line in found.duplicates)
                for obj, line in _flattened(found.value, found.line, found.lines):
                    if tolerant and _missing(obj):
                        notices.append(_no_object(source, line))
                    elif objection := _objection(obj):
                        problems.append(f"{source}:{line}: {objection}")
                    else:
                        documents.append(Document(obj, source, line))
        except Refused as refused:
            problems.append(f"{source}:{refused.line}: {refused.problem}")
        if len(problems) >= _MOST_PROBLEMS:
            problems.append(f"{source}: not read further after {_MOST_PROBLEMS} problems; correct these first")
            break
    return Parsed(tuple(documents), tuple(problems), tuple(notices))


def _duplicate(source: str, key: str, line: int) -> Notice:
    return Notice("duplicate-key", f"{source}:{line}", f"duplicate key {key}", "remove all but the last one")


def _no_object(source: str, line: int) -> Notice:
    return Notice("not-an-object", f"{source}:{line}", "not a Kubernetes object, so it was skipped", "nothing to do")


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Split at document markers, which no YAML value contains at the start of a line; yield each with its line."""
    if "%YAML" in text:
        text = _VERSION_DIRECTIVE.sub("", text)
    starts = [0, *(match.start() for match in _MARKER.finditer(text) if match.start()), len(text)]
    line = 1
    for start, end in pairwise(starts):
        chunk = text[start:end]
        yield line, chunk
        line += chunk.count("\n")


def _values(chunk: str, first: int) -> Iterable[Found]:
    start = _JSON_START.match(chunk)
    return json_values(chunk, start.end(), first) if start else yaml_values(chunk, first)


def _flattened(value: Any, line: int, lines: Mapping[int, int]) -> Iterator[tuple[Any, int]]:
    """Yield the objects of a document and their lines; items of typed lists get the kind from the list."""
    if value is None:
        return
    kind = value.get("kind") if isinstance(value, dict) else None
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(value.get("items"), list | None)):
        yield value, line
        return
    implied = {"apiVersion": value.get("apiVersion"), "kind": kind.removesuffix("List")}
    for item in value.get("items") or []:
        at = lines.get(id(item), line)
        if isinstance(item, dict) and implied["kind"] and "kind" not in item:
            item = {**implied, **item}
        yield from _flattened(item, at, lines)


def _missing(obj: Any) -> list[str]:
    """Return which of the two required fields of a Kubernetes object are missing."""
    return [key for key in ("apiVersion", "kind") if not (isinstance(obj, dict) and _is_word(obj.get(key)))]


def _objection(obj: Any) -> str | None:
    """Return why a value is not a readable object, or None."""
    if missing := _missing(obj):
        return f"not a Kubernetes object: no {' and '.join(missing)}; pass manifests only"
    if kind_read(obj) and not name_of(obj):
        return f"{kind_of(obj)}: no metadata.name; set metadata.name"
    metadata = labels(obj, "metadata") if kind_read(obj) else {}
    for member in ("name", "namespace"):
        name = metadata.get(member)
        if name and (placeholder := placeholder_in(name)):
            return f"{kind_of(obj)}: metadata.{member} holds {placeholder}, which is not rendered; {RENDER}"
        if name and not is_dns_name(name):
            return f"{kind_of(obj)}: metadata.{member} {name!r} is not a valid DNS name; rename the object"
    return None


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
