"""Turn pairs and pools into the rules of as few HTTPRoutes as the API allows. Pure, no I/O.

The guard is a rule without backend that matches any x-owned-by, so that a request which names an engine that does not
serve its model is answered 500, and never by another engine; the pairs have one header more and win over it. Where the
engine `default` is set for requests that name none, one guard is enough. Where nothing sets it, matches of the model
alone give the default engine, as specific as the guard, which wins because it is the first rule of each route.
Where something answers in place of an engine, the list of models and requests without a model lead to no backend too.
Precedence: HTTPRouteRule.matches, https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft, Implementation
from llmd_routes.kube.objects import Ref
from llmd_routes.model.endpoint import Endpoint
from llmd_routes.model.naming import route_name
from llmd_routes.model.plan import Backend, Extension, Match, PlannedRoute, Rule, Share
from llmd_routes_sidecar.answers import DISCOVER, ROUTING
from llmd_routes_sidecar.owners import DEFAULT_OWNER

from .combined_matches import combine_matches
from .guard import has_guard
from .path_rewrites import rewrite_rules
from .splits import Splits
from .unserved import cut, name_rules, plan_unserved

# The limits of HTTPRouteSpec.rules, and of the matches of all rules.
MOST_RULES: Final = 16
MOST_MATCHES: Final = 128


@dataclass(frozen=True, slots=True)
class _Form:
    """What all rules with backends share: their path prefixes, and the maximum number of matches per rule.

    `unnamed` is the owner of requests that name no engine, None if they have no owner header. With `combined`, the
    matches of an InferencePool are combined.
    """

    prefixes: Sequence[str]
    most_in_rule: int
    unnamed: str | None
    combined: bool


def plan_routes(
    draft: Draft, most_in_rule: int, per_service: bool = False, elsewhere: Extension | None = None
) -> list[PlannedRoute]:
    """Return the routes, by namespace: each next to its pools, named `<instance>`, `<instance>-2` and so on.

    The rules are in order of their pools, so the same services produce the same routes. `most_in_rule` is the maximum
    number of matches per rule. With `per_service` each pool has its own routes, named `<instance>.<pool>`. Models that
    are split over several pools have no default. If request bodies are read, x-owned-by is set on each request with a
    known model: `default` if the request contains no engine. Paths of the models list have matches next to the
    catch-all rule. `elsewhere` answers all other requests, if given.
    """
    endpoint, extracted, guarded = draft.endpoint, draft.carrier.kind != "none", has_guard(draft)
    prefixes, instance = draft.route_set.prefixes, draft.route_set.instance
    implementations = _implementations(draft)
    guard = list(plan_unserved(prefixes, Endpoint(), most_in_rule, guarded=guarded))
    others = [Rule((Match("/"),), extension=elsewhere)] if elsewhere else []
    unserved = guard
    if endpoint.service is None:
        unserved = [*plan_unserved(prefixes, endpoint, most_in_rule, guarded=guarded), *others]
    if endpoint.kind == "static" and any(one.answers_by_rule for one in implementations):
        unserved = list(name_rules(unserved, prefixes))
    rules = _rules_by_place(draft, most_in_rule, per_service)
    routes: list[PlannedRoute] = []
    for (namespace, name), listed in sorted(rules.items()):
        for number, packed in enumerate(_packed(listed, unserved), start=1):
            first = [*guard, *([] if routes or endpoint.service else others)]
            if extracted:
                first = [] if routes or endpoint.service else unserved
            routes.append(PlannedRoute(Ref(namespace, "HTTPRoute", route_name(name, number)), (*first, *packed)))
    server = _to_aggregator(endpoint, prefixes, instance, most_in_rule, extracted and guarded)
    return [*routes, *(replace(route, rules=(*route.rules, *others)) for route in server)]


def _rules_by_place(draft: Draft, most_in_rule: int, per_service: bool) -> dict[tuple[str, str], list[Rule]]:
    """Return the rules with pools, by the namespace and the name of their routes."""
    instance, prefixes, extracted = draft.route_set.instance, draft.route_set.prefixes, draft.carrier.kind != "none"
    groups: dict[tuple[str, str], list[Backend]] = {}
    for backend in draft.backends:
        name = f"{instance}.{backend.target.name}" if per_service else instance
        groups.setdefault((backend.target.namespace, name), []).append(backend)
    alone = {model: owner for model, owner in draft.defaults.items() if model not in draft.splits}
    implementations = _implementations(draft)
    combined = any(one.picks_per_match for one in implementations)
    form = _Form(prefixes, most_in_rule, DEFAULT_OWNER if extracted else None, combined)
    rules = {place: list(_rules(group, alone, form)) for place, group in groups.items()}
    is_drawn = extracted and all(one.draws for one in implementations)
    for namespace, rule in _split_rules(draft.backends, {} if is_drawn else draft.splits, form):
        rules.setdefault((namespace, instance), []).append(rule)
    if any(one.precedence.prefers_exact for one in implementations):
        rules = {place: [_behind_guard(rule) for rule in listed] for place, listed in rules.items()}
    return {place: list(rewrite_rules(listed, draft.route_set.rewrites)) for place, listed in rules.items()}


def _implementations(draft: Draft) -> list[Implementation]:
    return [by_name(one.implementation) for one in draft.route_set.attachments]


def _behind_guard(rule: Rule) -> Rule:
    """Return a rule that is as specific as the guard: the guard has a pattern, so matches of a model alone get one."""
    matches = (replace(match, as_pattern=True) if not match.owners else match for match in rule.matches)
    return replace(rule, matches=tuple(matches))


def _to_aggregator(
    endpoint: Endpoint, prefixes: Sequence[str], instance: str, most_in_rule: int, guarded: bool
) -> Iterator[PlannedRoute]:
    """Yield the route to the models server, in its namespace.

    Matches of the model alone stay where they are if they need a catch-all rule before them.
    """
    service = endpoint.service
    if service is None:
        return
    rules = [*plan_unserved(prefixes, endpoint, most_in_rule, service, guarded)]
    if endpoint.admin:
        rules += cut([Match(path) for path in (DISCOVER, ROUTING)], (), most_in_rule, service)
    yield PlannedRoute(Ref(service.namespace, "HTTPRoute", route_name(f"{instance}.models", 1)), tuple(rules))


def _rules(backends: Sequence[Backend], defaults: Mapping[str, str], form: _Form) -> Iterator[Rule]:
    """Yield one rule per pool, or several if its matches exceed the limit of one rule."""
    by_target: dict[Share, list[Backend]] = {}
    for backend in backends:
        by_target.setdefault(_share(backend), []).append(backend)
    for share, behind in sorted(by_target.items(), key=lambda entry: _order(entry[0])):
        pairs = sorted({(model, b.keyed.owner) for b in behind for model in b.keyed.models})
        matches = [Match(path, (model,), (owner,)) for model, owner in pairs for path in form.prefixes]
        unnamed = (form.unnamed,) if form.unnamed else ()
        default = [model for model, owner in pairs if defaults.get(model) == owner]
        matches += [Match(path, (model,), unnamed) for model in default for path in form.prefixes]
        is_combined = form.combined and share.port is None
        yield from cut(combine_matches(matches) if is_combined else matches, (share,), form.most_in_rule)


def _split_rules(backends: Sequence[Backend], splits: Splits, form: _Form) -> Iterator[tuple[str, Rule]]:
    """Yield the rules of models that are split over several pools, with their namespace."""
    by_shares: dict[tuple[str, tuple[Share, ...]], list[str]] = {}
    for model, weights in sorted(splits.items()):
        there = {b.keyed.owner: b for b in backends if model in b.keyed.models and b.keyed.owner in weights}
        summed: dict[Share, int] = {}
        for owner, backend in sorted(there.items()):
            share = _share(backend)
            summed[share] = summed.get(share, 0) + weights[owner]
        shares = tuple(share._replace(weight=summed[share]) for share in sorted(summed, key=_order))
        by_shares.setdefault((next(iter(there.values())).target.namespace, shares), []).append(model)
    places = sorted(by_shares.items(), key=lambda entry: (entry[0][0], [_order(share) for share in entry[0][1]]))
    for (namespace, shares), models in places:
        unnamed = (form.unnamed,) if form.unnamed else ()
        matches = [Match(path, (model,), unnamed) for model in models for path in form.prefixes]
        for rule in cut(matches, shares, form.most_in_rule):
            yield namespace, rule


def _share(backend: Backend) -> Share:
    return Share(backend.target.name, backend.group, port=backend.port)


def _order(share: Share) -> tuple[str, str, int, int]:
    return share.name, share.group, share.weight, share.port or 0


def _packed(rules: Iterable[Rule], before: Sequence[Rule]) -> Iterator[list[Rule]]:
    """Yield the rules of each route, in order; each leaves space for some before them."""
    packed: list[Rule] = []
    taken = sum(len(rule.matches) for rule in before)
    matches = taken
    for rule in rules:
        if packed and (len(before) + len(packed) + 1 > MOST_RULES or matches + len(rule.matches) > MOST_MATCHES):
            yield packed
            packed, matches = [], taken
        packed.append(rule)
        matches += len(rule.matches)
    if packed:
        yield packed
