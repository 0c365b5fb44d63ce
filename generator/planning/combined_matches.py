"""Combine the matches of a rule, for gateways that ask the endpoint picker once for each match. Pure, no I/O.

    /v1 a vllm, /v1 b vllm, /v1 a default, /v1 b default     ->  /v1 (a or b) (vllm or default)
    /v1 a vllm, /v1 b vllm, /v1 a default                    ->  /v1 a (vllm or default), /v1 b vllm

A combined match has a pattern as the value of a header: HTTPHeaderMatch.value,
https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from llmd_routes.model.plan import Match
from llmd_routes.text.header_patterns import pattern_of

# The limit of HTTPHeaderMatch.value, in characters.
_LONGEST: Final = 4096


def combine_matches(matches: Iterable[Match]) -> list[Match]:
    """Return as few matches as possible for the same requests; each has one pattern for models, and one for owners.

    The order of paths and of models is kept. Matches without a model are kept as they are.
    """
    owners: dict[tuple[str, str], list[str]] = {}
    others: list[Match] = []
    for match in matches:
        if not match.models or not match.owners:
            others.append(match)
            continue
        for model in match.models:
            owners.setdefault((match.path, model), []).extend(match.owners)
    models: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (path, model), served in owners.items():
        models.setdefault((path, tuple(sorted(set(served)))), []).append(model)
    for match in others:
        if match.models:
            models.setdefault((match.path, ()), []).extend(match.models)
    combined = [
        Match(path, part, served)
        for (path, served), names in models.items()
        for part in _parts(list(dict.fromkeys(names)))
    ]
    return [*combined, *(match for match in others if not match.models)]


def _parts(values: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the values in groups whose pattern a header match can have."""
    part: list[str] = []
    for value in values:
        if part and len(pattern_of([*part, value])) > _LONGEST:
            yield tuple(part)
            part = []
        part.append(value)
    if part:
        yield tuple(part)
