"""Read concatenated JSON values and the lines where they stand. Pure, no I/O."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from llmd_routes.values import MAX_DEPTH, Found, Refused, plain

from .yaml_values import yaml_values

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def json_values(text: str, at: int, first: int) -> Iterator[Found]:
    """Yield the concatenated JSON values from a position on; text that is not JSON may still be YAML in flow style."""
    twice: list[str] = []
    hook = partial(_mapping_of_pairs, twice)
    decoder = json.JSONDecoder(parse_float=plain, parse_int=plain, parse_constant=str, object_pairs_hook=hook)
    line = first + text.count("\n", 0, at)
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            yield from _yaml_instead(text[at:], line, Refused(first + error.lineno - 1, _json_problem(error)))
            return
        except RecursionError:
            raise _too_deep(line) from None
        if _depth_exceeded(value):
            raise _too_deep(line)
        if _SURROGATE.search(text, at, end):
            # A lone surrogate cannot be printed, and the API server rejects it too.
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        yield Found(value, line, {}, tuple((key, line) for key in twice))
        twice.clear()
        after = _SPACE.match(text, end)
        next_at = after.end() if after else end
        line += text.count("\n", at, next_at)
        at = next_at


def _mapping_of_pairs(twice: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object with the last of duplicate keys, and add the duplicate keys to `twice`."""
    value = dict(pairs)
    if len(value) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice += (key for key in value if counts[key] > 1)
    return value


def _json_problem(error: json.JSONDecodeError) -> str:
    return f"invalid JSON: {error.msg[:1].lower()}{error.msg[1:]}; correct the text at this line"


def _yaml_instead(text: str, first: int, otherwise: Refused) -> list[Found]:
    try:
        return yaml_values(text, first)
    except Refused:
        raise otherwise from None


def _depth_exceeded(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        children = (child for node in level for child in (node.values() if isinstance(node, dict) else node))
        level = [child for child in children if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _too_deep(line: int) -> Refused:
    return Refused(
        line, f"nested more than {MAX_DEPTH} levels deep; which no Kubernetes object is; remove the document"
    )
