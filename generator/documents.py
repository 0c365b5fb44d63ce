"""Turns text into Kubernetes objects: multi-document YAML, JSON, and lists of either. Pure: no I/O, nothing is raised.

What a person gets is either the object, as kubectl would have read it, or one line that says which line is wrong. The
values are built from the parser's events and not by a YAML constructor: that is several times faster, needs no
recursion and never multiplies what aliases share. Plain scalars mean what they mean to kubectl (run), which reads
YAML 1.1: `yes` is true, `0755` is 493, a later duplicate key or merge wins, timestamps stay text.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from .kinds import kind_read
from .notices import Notice
from .objects import kind_of, name_of, scalar

# Deeper than any schema of Kubernetes, and far from where Python or libyaml run out of stack or time.
MAX_DEPTH: Final = 200
# Nodes that aliases may add to a document: a small "alias bomb" expands to billions.
MAX_ALIASED: Final = 2_000_000

_MARKER: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
# Every version reads alike, and libyaml refuses those that it does not know.
_VERSION_DIRECTIVE: Final = re.compile(r"^%YAML[^\r\n]*", re.MULTILINE)
_JSON_START: Final = re.compile(r'(?:---)?[ \t\r\n]*(?=\{[ \t\r\n]*["}]|\[[ \t\r\n]*["{\[\]])')
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")

_TRUE: Final = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE: Final = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER: Final = re.compile(r"([-+]?)(0[bB][01]+|0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_RESOLVED_TAGS: Final = frozenset(f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null"))


@dataclass(frozen=True, slots=True)
class Document:
    """One Kubernetes object as it was written, with the file and line where it begins."""

    obj: dict[str, Any]
    source: str
    line: int

    @property
    def place(self) -> str:
        """Return `source:line`."""
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The objects of a text in its order, of all kinds; one line for each thing that is wrong; what to know of it."""

    documents: tuple[Document, ...]
    problems: tuple[str, ...]
    notices: tuple[Notice, ...]


class _Refused(Exception):
    """A text cannot be read on from this line."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.problem = line, problem


@dataclass(frozen=True, slots=True)
class _Found:
    """A value, its line, the lines of the mappings in its lists by `id`, and its duplicate keys with their lines."""

    value: Any
    line: int
    lines: Mapping[int, int]
    duplicates: tuple[tuple[str, int], ...] = ()


def parse(text: str, source: str, *, tolerant: bool = False) -> Parsed:
    """Read a text of YAML or JSON documents; `source` names it in places, problems and notices.

    Lists (`kind: List`, `DeploymentList`) are flattened, empty documents skipped. A bad document does not hide the
    others. With `tolerant`, a well-formed document that is no Kubernetes object (values.yaml, Chart.yaml) is a notice
    and not a problem.
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
        except _Refused as refused:
            problems.append(f"{source}:{refused.line}: {refused.problem}")
    return Parsed(tuple(documents), tuple(problems), tuple(notices))


def _duplicate(source: str, key: str, line: int) -> Notice:
    return Notice(
        "duplicate-key", f"{source}:{line}", f"the key {key} stands twice in one mapping", "keep the last one"
    )


def _no_object(source: str, line: int) -> Notice:
    return Notice("not-an-object", f"{source}:{line}", "no Kubernetes object, so it was skipped", "nothing to do")


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Split at document markers, which no YAML construct can hide at the start of a line; give the line of each."""
    if "%YAML" in text:
        text = _VERSION_DIRECTIVE.sub("", text)
    starts = [0, *(match.start() for match in _MARKER.finditer(text) if match.start()), len(text)]
    line = 1
    for start, end in pairwise(starts):
        chunk = text[start:end]
        yield line, chunk
        line += chunk.count("\n")


def _values(chunk: str, first: int) -> Iterable[_Found]:
    start = _JSON_START.match(chunk)
    return _json_values(chunk, start.end(), first) if start else _yaml_values(chunk, first)


def _flattened(value: Any, line: int, lines: Mapping[int, int]) -> Iterator[tuple[Any, int]]:
    """Yield the objects of a document and their lines; items of typed lists get the kind that the list implies."""
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
    """Return which of the two fields that make a Kubernetes object are not there."""
    return [key for key in ("apiVersion", "kind") if not (isinstance(obj, dict) and _is_word(obj.get(key)))]


def _objection(obj: Any) -> str | None:
    """Return why a value is no object to read, or None when it is one."""
    if missing := _missing(obj):
        return f"not a Kubernetes object: no {' and '.join(missing)}; give manifests only"
    if kind_read(obj) and not name_of(obj):
        return f"{kind_of(obj)}: no metadata.name; give it one"
    return None


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


# --- JSON -----------------------------------------------------------------------------------------------------------


def _json_values(text: str, at: int, first: int) -> Iterator[_Found]:
    """Yield the concatenated JSON values from a position on; what is no JSON may still be YAML in flow style."""
    twice: list[str] = []
    hook = partial(_mapping_of_pairs, twice)
    decoder = json.JSONDecoder(parse_float=_plain, parse_int=_plain, parse_constant=str, object_pairs_hook=hook)
    line = first + text.count("\n", 0, at)
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            yield from _yaml_instead(text[at:], line, _Refused(first + error.lineno - 1, _json_problem(error)))
            return
        except RecursionError:
            raise _too_deep(line) from None
        if _depth_exceeded(value):
            raise _too_deep(line)
        if _SURROGATE.search(text, at, end):
            # A lone surrogate cannot be printed; the API server would not keep it either.
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        yield _Found(value, line, {}, tuple((key, line) for key in twice))
        twice.clear()
        after = _SPACE.match(text, end)
        next_at = after.end() if after else end
        line += text.count("\n", at, next_at)
        at = next_at


def _mapping_of_pairs(twice: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, the last of equal keys kept, and add the keys that stand twice to `twice`."""
    value = dict(pairs)
    if len(value) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice += (key for key in value if counts[key] > 1)
    return value


def _json_problem(error: json.JSONDecodeError) -> str:
    return f"invalid JSON: {error.msg[:1].lower()}{error.msg[1:]}; correct the text at this line"


def _yaml_instead(text: str, first: int, otherwise: _Refused) -> list[_Found]:
    try:
        return _yaml_values(text, first)
    except _Refused:
        raise otherwise from None


def _depth_exceeded(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        children = (child for node in level for child in (node.values() if isinstance(node, dict) else node))
        level = [child for child in children if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _too_deep(line: int) -> _Refused:
    return _Refused(line, f"nested more than {MAX_DEPTH} levels deep; no Kubernetes object is, so leave it out")


# --- YAML -----------------------------------------------------------------------------------------------------------


def _yaml_values(text: str, first: int) -> list[_Found]:
    """Return the values of a YAML text whose first line has the number `first`."""
    try:
        return _built(text, first, pure=False)
    except MarkedYAMLError as error:
        # libyaml refuses some YAML that kubectl reads, such as `{uri: hf://org/model}`; the slow parser decides.
        try:
            return _built(text, first, pure=True)
        except (YAMLError, ValueError, RecursionError, _Refused):
            raise _refusal_at_mark(text, first, error) from None
    except UnicodeError:
        raise _invalid(text, first, (0, 0), "half a surrogate pair") from None
    except YAMLError as error:
        # The reader counts bytes.
        before = text.encode()[: getattr(error, "position", None) or 0]
        line = before.count(b"\n")
        raise _invalid(text, first, (line, line), str(getattr(error, "reason", "") or error).split("\n")[0]) from None
    except _Refused as refused:
        line = refused.line - first
        raise _invalid(text, first, (line, line), refused.problem) from None


def _built(text: str, first: int, *, pure: bool) -> list[_Found]:
    return list(_Builder(first).values(YAML(typ="safe", pure=pure).parse(text)))


def _refusal_at_mark(text: str, first: int, error: MarkedYAMLError) -> _Refused:
    mark = error.problem_mark or error.context_mark
    line = min(mark.line if mark else 0, text.count("\n"))
    began = error.context_mark.line if error.context_mark else line
    return _invalid(text, first, (began, line), str(error.problem or error.context))


def _invalid(text: str, first: int, lines: tuple[int, int], problem: str) -> _Refused:
    """Return the refusal of a text for a problem that was noticed between two of its lines."""
    began, noticed = lines
    if any("{{" in line for line in text.split("\n")[began : noticed + 1]):
        remedy = "this is a template, so render it first (helm template)"
    else:
        remedy = "correct the text at this line"
    return _Refused(first + noticed, f"invalid YAML: {problem}; {remedy}")


_NO_KEY: Final = object()
_MERGE: Final = object()


class _Frame:
    """A list or mapping under construction; `nodes` counts what is in it, aliases expanded."""

    __slots__ = ("anchor", "key", "merged", "nodes", "value")

    def __init__(self, value: Any, anchor: str | None) -> None:
        self.value, self.anchor = value, anchor
        self.key: Any = _NO_KEY
        self.nodes = 1
        # Keys that a merge brought: to override one is what merges are for.
        self.merged: set[str] = set()


class _Builder:
    """Builds Python values from parser events; aliases share the value they name."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.root: Any = None
        self.line = first
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliased = 0
        self.lines: dict[int, int] = {}
        self.duplicates: list[tuple[str, int]] = []

    def values(self, events: Iterator[Any]) -> Iterator[_Found]:
        handlers = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._mapping,
            SequenceStartEvent: self._sequence,
            MappingEndEvent: self._end,
            SequenceEndEvent: self._end,
            AliasEvent: self._alias,
        }
        for event in events:
            if handle := handlers.get(type(event)):
                handle(event)
            elif isinstance(event, DocumentEndEvent):
                yield _Found(self.root, self.line, self.lines, tuple(self.duplicates))
                self.root, self.lines, self.anchors, self.aliased, self.duplicates = None, {}, {}, 0, []

    def _scalar(self, event: Any) -> None:
        text: str = event.value
        plain = event.implicit[0] and event.tag is None
        value = _plain(text) if plain or event.tag in _RESOLVED_TAGS else text
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        if plain and text == "<<" and self.stack and self.stack[-1].key is _NO_KEY:
            self._add(_MERGE, 1, event)
        else:
            self._add(value, 1, event)

    def _mapping(self, event: Any) -> None:
        value: dict[str, Any] = {}
        if not self.stack or isinstance(self.stack[-1].value, list):
            self.lines[id(value)] = self._line(event)
        self._open(value, event)

    def _sequence(self, event: Any) -> None:
        self._open([], event)

    def _open(self, value: Any, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _Refused(self._line(event), f"nested more than {MAX_DEPTH} levels deep")
        if not self.stack:
            self.line = self._line(event)
        self.stack.append(_Frame(value, event.anchor))

    def _end(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (frame.value, frame.nodes)
        self._add(frame.value, frame.nodes, event)

    def _alias(self, event: Any) -> None:
        if any(frame.anchor == event.anchor for frame in self.stack):
            raise _Refused(self._line(event), f"the alias *{event.anchor} stands inside what it names")
        if event.anchor not in self.anchors:
            raise _Refused(self._line(event), f"the alias *{event.anchor} names nothing above it")
        value, nodes = self.anchors[event.anchor]
        self.aliased += nodes
        if self.aliased > MAX_ALIASED:
            raise _Refused(self._line(event), f"aliases expand to more than {MAX_ALIASED} values")
        self._add(value, nodes, event)

    def _add(self, value: Any, nodes: int, event: Any) -> None:
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        frame.nodes += nodes
        if isinstance(frame.value, list):
            frame.value.append(value if value is not _MERGE else "<<")
        elif frame.key is _NO_KEY:
            frame.key = value if isinstance(value, str) or value is _MERGE else self._key(value, event)
            if frame.key in frame.value and frame.key not in frame.merged:
                self.duplicates.append((frame.key, self._line(event)))
        else:
            if frame.key is _MERGE:
                self._merge(frame, value, event)
            else:
                frame.value[frame.key] = value
            frame.key = _NO_KEY

    def _key(self, value: Any, event: Any) -> str:
        if isinstance(value, dict | list):
            raise _Refused(self._line(event), "a mapping or list stands where a key belongs")
        return scalar(value) or "null"

    def _merge(self, frame: _Frame, value: Any, event: Any) -> None:
        # Of several the first wins, and all win over keys that stand before: kubectl does so (run).
        for source in reversed(value) if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise _Refused(self._line(event), "the merge key << takes a mapping or a list of mappings")
            frame.value.update(source)
            frame.merged.update(source)

    def _line(self, event: Any) -> int:
        return self.first + int(event.start_mark.line)


@lru_cache(maxsize=4096)
def _plain(text: str) -> Any:
    """Return what an unquoted scalar means; text for what JSON cannot say (infinities, timestamps)."""
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text[0] not in "+-.0123456789":
        return text
    number = text.replace("_", "")
    if len(number) < 20 and (match := _INTEGER.fullmatch(number)):
        digits = match[2]
        value = int(digits, 8) if digits[0] == "0" and digits[1:].isdigit() else int(digits, 0)
        return -value if match[1] == "-" else value
    if not _FLOAT.fullmatch(number):
        return text
    decimal = float(number)
    if abs(decimal) == float("inf"):
        return text
    return int(decimal) if decimal.is_integer() and abs(decimal) < 1e21 else decimal
