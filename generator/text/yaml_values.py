"""Read YAML values and the lines where they stand. Pure, no I/O.

They are built from the parser's events and not by a YAML constructor: that is several times faster, needs no recursion
and never multiplies what aliases share. A later duplicate key or merge wins, as with kubectl (run).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ruamel.yaml import YAML, main
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

from llmd_routes.values import MAX_DEPTH, Found, Refused, plain, scalar

# The maximum number of nodes that aliases add to a document: a small "alias bomb" expands to billions.
MAX_ALIASED: Final = 2_000_000
# The maximum length of a text for the slower parser, which needs about 30 us per character.
_MOST_SLOW: Final = 64 * 1024
_RESOLVED_TAGS: Final = frozenset(f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null"))


def yaml_values(text: str, first: int) -> list[Found]:
    """Return the values of a YAML text; `first` is the number of its first line."""
    try:
        return _built(text, first, pure=False)
    except MarkedYAMLError as error:
        # libyaml rejects some YAML that kubectl accepts, such as `{uri: hf://org/model}`; then the slower parser
        # decides.
        if len(text) > _MOST_SLOW:
            raise _refusal_at_mark(text, first, error) from None
        try:
            return _built(text, first, pure=True)
        except (YAMLError, ValueError, RecursionError, Refused):
            raise _refusal_at_mark(text, first, error) from None
    except UnicodeError:
        raise _invalid(text, first, (0, 0), "half a surrogate pair") from None
    except YAMLError as error:
        # The reader's positions are in bytes.
        before = text.encode()[: getattr(error, "position", None) or 0]
        line = before.count(b"\n")
        raise _invalid(text, first, (line, line), str(getattr(error, "reason", "") or error).split("\n")[0]) from None
    except Refused as refused:
        line = refused.line - first
        raise _invalid(text, first, (line, line), refused.problem) from None


def load(text: str) -> Any:
    """Return the value of one YAML document, or None if the text is invalid or has several documents."""
    try:
        found = yaml_values(text, 1)
    except Refused:
        return None
    return found[0].value if len(found) == 1 else None


def load_all(text: str) -> list[Any]:
    """Return the values of all YAML documents of a text except empty ones; none if it is invalid."""
    try:
        return [found.value for found in yaml_values(text, 1) if found.value is not None]
    except Refused:
        return []


def _built(text: str, first: int, *, pure: bool) -> list[Found]:
    return list(_Builder(first).values(_events(text, pure=pure)))


def _events(text: str, *, pure: bool) -> Iterator[Any]:
    """Yield the events of a text. With libyaml no `YAML` object is created, which takes longer than most documents."""
    if pure or main.CParser is None:  # type: ignore[attr-defined]
        yield from YAML(typ="safe", pure=True).parse(text)
        return
    parser = main.CParser(text)  # type: ignore[attr-defined]
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


def _refusal_at_mark(text: str, first: int, error: MarkedYAMLError) -> Refused:
    mark = error.problem_mark or error.context_mark
    line = min(mark.line if mark else 0, text.count("\n"))
    began = error.context_mark.line if error.context_mark else line
    return _invalid(text, first, (began, line), str(error.problem or error.context))


def _invalid(text: str, first: int, lines: tuple[int, int], problem: str) -> Refused:
    """Return the refusal of a text for a problem between two of its lines."""
    began, noticed = lines
    if any("{{" in line for line in text.split("\n")[began : noticed + 1]):
        remedy = "render the template first (helm template)"
    else:
        remedy = "correct the text at this line"
    return Refused(first + noticed, f"invalid YAML: {problem}; {remedy}")


_NO_KEY: Final = object()
_MERGE: Final = object()


class _Frame:
    """A list or mapping under construction; `nodes` is its number of nodes, with aliases expanded."""

    __slots__ = ("anchor", "key", "merged", "nodes", "value")

    def __init__(self, value: Any, anchor: str | None) -> None:
        self.value, self.anchor = value, anchor
        self.key: Any = _NO_KEY
        self.nodes = 1
        # Keys from a merge; they may be overridden.
        self.merged: set[str] = set()


class _Builder:
    """Builds Python values from parser events; aliases share the referenced value."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.root: Any = None
        self.line = first
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliased = 0
        self.lines: dict[int, int] = {}
        self.duplicates: list[tuple[str, int]] = []

    def values(self, events: Iterator[Any]) -> Iterator[Found]:
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
                yield Found(self.root, self.line, self.lines, tuple(self.duplicates))
                self.root, self.lines, self.anchors, self.aliased, self.duplicates = None, {}, {}, 0, []

    def _scalar(self, event: Any) -> None:
        text: str = event.value
        is_plain = event.implicit[0] and event.tag is None
        value = plain(text) if is_plain or event.tag in _RESOLVED_TAGS else text
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        if is_plain and text == "<<" and self.stack and self.stack[-1].key is _NO_KEY:
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
            raise Refused(self._line(event), f"nested more than {MAX_DEPTH} levels deep")
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
            raise Refused(self._line(event), f"the alias *{event.anchor} is inside the node that it references")
        if event.anchor not in self.anchors:
            raise Refused(self._line(event), f"the alias *{event.anchor} references no anchor above it")
        value, nodes = self.anchors[event.anchor]
        self.aliased += nodes
        if self.aliased > MAX_ALIASED:
            raise Refused(self._line(event), f"aliases expand to more than {MAX_ALIASED} values")
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
            raise Refused(self._line(event), "a mapping or list is used as a key")
        return scalar(value) or "null"

    def _merge(self, frame: _Frame, value: Any, event: Any) -> None:
        # The first of several merges wins, and each merge wins over earlier keys, as in kubectl (tested).
        for source in reversed(value) if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise Refused(self._line(event), "the merge key << requires a mapping or a list of mappings")
            frame.value.update(source)
            frame.merged.update(source)

    def _line(self, event: Any) -> int:
        return self.first + int(event.start_mark.line)
