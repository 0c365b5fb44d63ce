"""Plan the rules without an engine: for engines that do not serve the model, the models list, and no model. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from llmd_routes.kube.objects import ServicePort
from llmd_routes.model.endpoint import Endpoint
from llmd_routes.model.plan import Match, Rule, Share
from llmd_routes.names import LIST_RULE, NAMELESS_RULE, UNSERVED_RULE
from llmd_routes_sidecar.extraction import MODELS


def plan_unserved(
    prefixes: Sequence[str],
    endpoint: Endpoint,
    most_in_rule: int,
    service: ServicePort | None = None,
    guarded: bool = True,
) -> Iterator[Rule]:
    """Yield the rules without a pool: the catch-all for owners, the models list, and requests without a model."""
    matches = [Match(path, guard=True) for path in prefixes] if guarded else []
    if endpoint.kind != "none":
        matches += [Match(f"{path.rstrip('/')}{MODELS}") for path in prefixes]
    if endpoint.catch_all:
        matches += [Match(path) for path in prefixes]
    yield from cut(matches, (), most_in_rule, service)


def cut(
    matches: Sequence[Match], shares: tuple[Share, ...], most_in_rule: int, service: ServicePort | None = None
) -> Iterator[Rule]:
    """Yield rules for matches, each with at most so many, and with the same backends."""
    for start in range(0, len(matches), most_in_rule):
        yield Rule(tuple(matches[start : start + most_in_rule]), shares, service)


def name_rules(rules: Iterable[Rule], prefixes: Sequence[str]) -> Iterator[Rule]:
    """Yield rules without an engine again, split by what they match; each has a unique name.

    `prefixes` are the paths of requests without a model; the paths of the models list are below them.
    """
    kinds: dict[str, list[Match]] = {}
    limit = 1
    for rule in rules:
        limit = max(limit, len(rule.matches))
        for match in rule.matches:
            kind = UNSERVED_RULE if match.guard else NAMELESS_RULE if match.path in prefixes else LIST_RULE
            kinds.setdefault(kind, []).append(match)
    for kind, matches in kinds.items():
        for number, rule in enumerate(cut(matches, (), limit), start=1):
            yield replace(rule, name=kind if number == 1 else f"{kind}-{number}")
