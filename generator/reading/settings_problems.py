"""Say what is wrong with a settings file: line, key, and the nearest key or the possible values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from operator import itemgetter
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel
from ruamel.yaml import YAML, MappingNode, SequenceNode
from ruamel.yaml.error import YAMLError

from llmd_routes.terminal import json_text

_SCHEMA: Final = "see docs/llmd-routes.schema.json"
# pydantic's messages that suggest no fix.
_FIXES: Final = {
    "bool_type": "use true or false",
    "string_type": "use a text",
    "list_type": "use a list",
    "dict_type": "use a mapping",
    "model_type": "use a mapping",
    "string_pattern_mismatch": "use [namespace/]Kind/name",
    "string_too_short": "use at least one character",
    "too_short": "use at least one item",
}
# The maximum number of allowed keys that a message lists.
_MOST_LISTED: Final = 8


def problems_of(error: ValidationError, model: type[BaseModel], source: str, text: str = "") -> list[str]:
    """Return `SOURCE:LINE: KEY: FACT; FIX` for each problem, by line; without LINE if no text has the key."""
    problems = []
    for entry in error.errors():
        path = [step for step in entry["loc"] if step != "[key]"]
        line = line_of(text, path) if text else None
        place = source if line is None else f"{source}:{line}"
        key = ".".join(map(str, path)) or "the whole file"
        problems.append((line or 0, f"{place}: {key}: {_fact_and_fix(dict(entry), model)}"))
    return [problem for _, problem in sorted(problems, key=itemgetter(0))]


def _fact_and_fix(entry: dict[str, Any], model: type[BaseModel]) -> str:
    kind, path = entry["type"], entry["loc"]
    match kind:
        case "extra_forbidden":
            return f"unknown key; {_nearest(str(path[-1]), path[:-1], model)}"
        case "missing":
            expected = _literal(model_at(model, path[:-1]), path[-1])
            return f"missing; add {path[-1]}: {expected}" if expected else f"missing; add {path[-1]}"
        case "literal_error":
            return f"invalid value {json_text(entry['input'])}; use {entry['ctx']['expected']}"
        case "value_error":
            return f"invalid value {json_text(entry['input'])}; {entry['ctx']['error']}"
    message = str(entry["msg"])
    return f"{message[:1].lower()}{message[1:]}; {_FIXES.get(kind, _SCHEMA)}"


def _nearest(key: str, path: Sequence[int | str], model: type[BaseModel]) -> str:
    """Return the fix for an unknown key: the nearest possible key."""
    known = keys_of(model_at(model, path))
    nearest = get_close_matches(key, known, 1)
    if nearest:
        return f"use {nearest[0]}"
    spec = model.model_fields.get("spec")
    if not path and spec is not None and key in keys_of(model_at(model, ("spec",))):
        return "move it under spec"
    return f"use one of {', '.join(known)}" if len(known) <= _MOST_LISTED else _SCHEMA


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return the keys of a model, sorted."""
    return sorted(map(to_camel, model.model_fields))


def model_at(model: type[BaseModel], path: Sequence[int | str]) -> type[BaseModel]:
    """Return the model of the mapping at a path of keys, which may contain keys of a dict."""
    for step in path:
        field = next((field for name, field in model.model_fields.items() if to_camel(name) == step), None)
        inner = _model_in(field.annotation) if field is not None else None
        model = inner or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the first model in a type such as `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for each in get_args(annotation) if (inner := _model_in(each))), None)


def _literal(model: type[BaseModel], key: int | str) -> str | None:
    field = next((field for name, field in model.model_fields.items() if to_camel(name) == key), None)
    values = get_args(field.annotation) if field is not None else ()
    return str(values[0]) if values and isinstance(values[0], str) else None


def line_of(text: str, path: Sequence[int | str]) -> int | None:
    """Return the line of the last key of a path that a YAML text contains, or None."""
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except YAMLError:
        return None
    line = None
    for step in path:
        if isinstance(node, MappingNode):
            key, value = next((pair for pair in node.value if pair[0].value == step), (None, None))
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            key = value = node.value[step]
        else:
            break
        if key is None:
            break
        line, node = key.start_mark.line + 1, value
    return line
