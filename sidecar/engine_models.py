"""Read the answer of an engine to `GET /v1/models`. Pure, no I/O; the text comes from a pod, which is not trusted.

Source: https://platform.openai.com/docs/api-reference/models, and what vLLM and SGLang add to it.
"""

from __future__ import annotations

import json
import math
import re
from itertools import chain, islice
from typing import Any, Final

from .owners import is_routable

# The maximum size of an engine's response, in bytes.
MOST_READ: Final = 1024 * 1024
# The maximum number of models per engine, and the maximum size of the fields passed on per model (bytes of JSON).
MOST_MODELS: Final = 1000
_MOST_TOLD: Final = 4096
# The maximum depth of a model's fields, and the last second that clients' calendars support (9999-12-31).
_DEEPEST: Final = 8
_LATEST: Final = 253_402_300_799
# Fields of an engine's entry that are not passed on: the models server sets the owner, and the permissions apply to the
# engine only.
_OURS: Final = ("id", "object", "owned_by", "permission", "available", "routed")

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

Obj = dict[str, Any]


class AnswerError(Exception):
    """An engine's response is not a models list; the text says why."""


def models_of(raw: bytes) -> dict[str, Obj]:
    """Return what an engine reports about its models (`created`, `root`, `parent`, `max_model_len`, ...) by id.

    Entries are omitted if no request can name their id. Values are omitted if clients cannot read them: an invalid
    `created`, numbers outside JSON or 64 bits, halves of surrogate pairs, deeply nested values.
    For duplicate ids, the first one wins. An entry that exceeds the limits keeps only `created`. llama.cpp lists other
    names of a model as its `aliases`; they count as ids, after all others. Raises AnswerError.
    """
    if len(raw) > MOST_READ:
        raise AnswerError(f"its list of models is longer than {MOST_READ} bytes")
    try:
        said = json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise AnswerError("its list of models is no JSON") from None
    listed = said.get("data") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise AnswerError("its list of models has no `data`")
    entries = [entry for entry in listed[:MOST_MODELS] if isinstance(entry, dict)]
    ids = ((entry.get("id"), entry) for entry in entries)
    aliases = ((alias, entry) for entry in entries for alias in _aliases(entry))
    found: dict[str, Obj] = {}
    for name, entry in islice(chain(ids, aliases), MOST_MODELS):
        if isinstance(name, str) and is_routable(name):
            found.setdefault(name, _metadata(entry))
    return found


def _aliases(entry: Obj) -> list[Any]:
    aliases = entry.get("aliases")
    return aliases if isinstance(aliases, list) else []


def _metadata(entry: Obj) -> Obj:
    kept = {name: value for name, value in entry.items() if name not in _OURS and _is_readable([name, value])}
    created = kept.pop("created", None)
    is_time = isinstance(created, int) and not isinstance(created, bool) and 0 <= created <= _LATEST
    if len(json.dumps(kept)) > _MOST_TOLD:
        kept = {}
    return {"created": created, **kept} if is_time else kept


def _is_readable(value: Any, depth: int = 0) -> bool:
    """Return whether every client can read a value."""
    if isinstance(value, str):
        return not _SURROGATE.search(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return abs(value) < 2**63
    if isinstance(value, dict | list) and depth > _DEEPEST:
        return False
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(_is_readable(each, depth + 1) for each in inner)
