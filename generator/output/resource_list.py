"""Read the ResourceList that kustomize and kpt pass to functions, and add objects and results to it. Pure.

Spec: https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import MappingEndEvent, MappingStartEvent, NodeEvent, SequenceEndEvent, SequenceStartEvent

from llmd_routes.errors import InputError
from llmd_routes.kube.objects import kind_of, mapping
from llmd_routes.notices import Notice, row_of
from llmd_routes.terminal import json_text
from llmd_routes.text.yaml_values import load

from .render import Manifest

KIND: Final = "ResourceList"


def config_of(text: str) -> dict[str, Any]:
    """Return the options that the functionConfig of a list holds, by their names; of a ConfigMap all are texts.

    Raises InputError when the text is no ResourceList.
    """
    found = load(text)
    if not isinstance(found, dict) or kind_of(found) != KIND:
        raise InputError("-: not a ResourceList; run krm as a function of kustomize or kpt")
    config = mapping(found, "functionConfig")
    return mapping(config, "data") if kind_of(config) == "ConfigMap" else mapping(config, "spec")


def with_items(text: str, manifests: Sequence[Manifest], notices: Sequence[Notice]) -> str:
    """Return a list with manifests after its items, and a result for each notice; all else stays as it is written."""
    place = _end_of_items(text)
    if place is None:
        return _written_anew(text, manifests, notices)
    row, column = place
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    added = [_item(manifest.text, column) for manifest in manifests]
    results = ["results:\n", *(_item(_yaml(_result(notice)), 0) for notice in notices)] if notices else []
    return "".join((*lines[:row], *added, *lines[row:], *results))


def _item(text: str, column: int) -> str:
    """Return a document as an item of a list whose dashes stand in a column."""
    lead = " " * column
    first, *rest = text.splitlines(keepends=True)
    return f"{lead}- {first}" + "".join(f"{lead}  {one}" if one.strip() else one for one in rest)


def _result(notice: Notice) -> dict[str, Any]:
    row = row_of(notice.code)
    severity = row.severity if row else "warning"
    return {"message": str(notice.problem), "severity": severity, "tags": {"code": notice.code}}


def _yaml(value: Any) -> str:
    """Return a mapping as YAML, a key a line; JSON is YAML."""
    return "".join(f"{key}: {json_text(inner)}\n" for key, inner in value.items())


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key of the list and the row where it stands; where its value begins, and whether that is in flow style."""

    key: str
    row: int
    column: int
    flow: bool


def _entries(text: str) -> list[_Entry]:
    """Return the entries of the list itself, none where it is in flow style (JSON)."""
    found: list[_Entry] = []
    depth, key, row = 0, None, 0
    for event in _events(text):
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            depth -= 1
        elif isinstance(event, NodeEvent):
            flow = bool(getattr(event, "flow_style", None))
            if depth == 0 and flow:
                return []
            if depth == 1 and key is None:
                key, row = str(getattr(event, "value", "")), event.start_mark.line
            elif depth == 1:
                found.append(_Entry(str(key), row, event.start_mark.column, flow))
                key = None
            depth += isinstance(event, MappingStartEvent | SequenceStartEvent)
    return found


def _events(text: str) -> list[Any]:
    try:
        return list(YAML(typ="safe").parse(text))
    except MarkedYAMLError:
        # libyaml rejects some YAML that kustomize writes, such as `{a: 0:0}`; the slower parser accepts it.
        return list(YAML(typ="safe", pure=True).parse(text))


def _end_of_items(text: str) -> tuple[int, int] | None:
    """Return the row before which further items are inserted, and the column of their dashes; None if unknown.

    That is where the list or its items are in flow style (JSON), it has no items, or results of others.
    """
    entries = _entries(text)
    items = next((number for number, entry in enumerate(entries) if entry.key == "items"), None)
    if items is None or entries[items].flow or any(entry.key == "results" for entry in entries):
        return None
    after = entries[items + 1].row if items + 1 < len(entries) else len(text.splitlines())
    return after, entries[items].column


def _written_anew(text: str, manifests: Sequence[Manifest], notices: Sequence[Notice]) -> str:
    """Return the list as YAML of the same values and comments, or as JSON where it is JSON."""
    parsed, yaml = _json(text), YAML(typ="rt", pure=True)
    found: Any = yaml.load(text) if parsed is None else parsed
    found["items"] = [*(found.get("items") or []), *(manifest.obj for manifest in manifests)]
    if notices:
        found["results"] = [*(found.get("results") or []), *map(_result, notices)]
    if parsed is not None:
        return json_text(found, 2) + "\n"
    stream = io.StringIO()
    yaml.preserve_quotes, yaml.width = True, 1_000_000
    yaml.dump(found, stream)
    return stream.getvalue()


def _json(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
