"""Find existing routes that capture requests for the planned routes, or may capture them. Pure: values in, notices out.

Requests are matched over all routes of a listener: the longest path wins, then a method, then the number of headers and
of query parameters; what is still equal is decided by the age of the routes, and so may change with any re-creation.
Spec: HTTPRouteRule.matches, https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmd_routes.gateways.implementation import Draft
from llmd_routes.inventory.routes import pools_of_rule
from llmd_routes.kube.objects import Object, Ref, items, text, texts
from llmd_routes.model.gateways import Route
from llmd_routes.model.plan import Attachment, Match, PlannedRoute, Rule
from llmd_routes.notices import Notice
from llmd_routes_sidecar.answers import DISCOVER, ROUTING
from llmd_routes_sidecar.extraction import MODELS, is_below
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER

from .listeners import admits, hosts_on, intersect


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A match with its precedence; `headers` are lower-case names with their exact value, None for any.

    `pools` are the InferencePools of its rule.
    """

    path: str
    exact: bool = False
    method: bool = False
    headers: tuple[tuple[str, str | None], ...] = ()
    parameters: int = 0
    pools: frozenset[Ref] = frozenset()

    @property
    def rank(self) -> tuple[bool, int, bool, int, int]:
        return self.exact, len(self.path), self.method, len(self.headers), self.parameters


def lint(draft: Draft) -> Iterator[Notice]:
    """Yield a notice for each rule of an existing route that captures, or may capture, requests of the planned routes.

    Routes of other Gateways, listeners, hosts or paths do not compete and are not reported.
    """
    every = ((match, route, rule) for route in draft.routes for rule in route.rules for match in rule.matches)
    ours = list(dict.fromkeys(pattern for each in every for pattern in _own(*each)))
    for route in draft.foreign:
        meetings = [compare_hosts(one, route, draft.route_set.hostnames) for one in draft.route_set.attachments]
        host = max((each for each in meetings if each is not None), default=-1)
        for number, rule in enumerate(items(route.spec, "rules") or [{}] if host >= 0 else []):
            yield from _rule(route, number, rule, ours, host)


def compare_hosts(attachment: Attachment, route: Route, hostnames: Sequence[str]) -> int | None:
    """Compare host names on an attachment's listener: 1 if those of an existing route win, -1 if the planned ones win.

    0 means neither wins; None means that no request matches both.
    """
    gateway, listener = attachment.gateway, attachment.listener
    if not attachment.takes(route):
        return None
    if gateway and listener and not admits(gateway, listener, route.ref.namespace or ""):
        return None
    theirs = hosts_on(listener, texts(route.spec, "hostnames"))
    return _host_precedence(theirs, hosts_on(listener, hostnames))


def _rule(route: Route, number: int, rule: Object, ours: Sequence[_Pattern], host: int) -> Iterator[Notice]:
    pools = frozenset(pools_of_rule(route, rule))
    theirs = [_theirs(match) for match in items(rule, "matches") or [{}]]
    # If both routes reference the same pools, it does not matter which of them a request matches.
    ours = [our for our in ours if not pools or our.pools != pools]
    pairs = [(their, our) for their in theirs for our in ours if _may_meet(their, our)]
    first = [their for their, our in pairs if _is_meant(their, our) and (host > 0 or their.rank > our.rank)]
    ties = [(their, our) for their, our in pairs if host == 0 and their.rank == our.rank]
    equal = [their for their, our in ties if our.headers or _is_answered(our)]
    apart = "--hostname" if host > 0 else "--hostname or --path-prefix"
    fix = f"pass {apart}, or narrow {route.place_of(number, 'matches')}"
    if first:
        fact = f"rule {number + 1} ({_shown(first[0])}) takes precedence over these routes and captures their requests"
        yield Notice("shadowed", str(route.ref), fact, fix)
    elif equal:
        fact = f"rule {number + 1} ({_shown(equal[0])}) is as specific as these routes, so the older route wins"
        yield Notice("tie", str(route.ref), fact, fix)
    elif ties:
        fact = (
            f"rule {number + 1} ({_shown(ties[0][0])}) and these routes match requests without a model; the older wins"
        )
        yield Notice("tie", str(route.ref), fact, f"pass --no-catch-all to leave them to that route; or {fix}")


def _is_meant(their: _Pattern, our: _Pattern) -> bool:
    """Return whether requests that both routes match are intended for the planned one.

    The catch-all rule is meant to be outranked; so are the default engine by a match with an engine, and rules for
    requests without a model. The models list may belong to another route, unless llmd-routes serves it.
    """
    if _is_answered(our):
        return True
    if is_below(their.path, f"{our.path.rstrip('/')}{MODELS}"):
        return False
    names = {name for name, _ in our.headers}
    return MODEL_HEADER in names and (OWNER_HEADER in names or OWNER_HEADER not in dict(their.headers))


def _is_answered(our: _Pattern) -> bool:
    """Return whether a pattern matches only requests to the models server: the list, and operators' requests."""
    return not our.headers and (our.path.endswith(MODELS) or our.path in (DISCOVER, ROUTING))


def _own(match: Match, route: PlannedRoute, rule: Rule) -> Iterator[_Pattern]:
    pools = frozenset(Ref(route.ref.namespace, share.kind, share.name) for share in rule.shares)
    for model, owner in match.pairs:
        headers: list[tuple[str, str | None]] = [(MODEL_HEADER, model)] if model is not None else []
        headers += [(OWNER_HEADER, owner)] if owner is not None or match.guard else []
        yield _Pattern(match.path, headers=tuple(headers), pools=pools)


def _theirs(match: Object) -> _Pattern:
    kind = text(match, "path", "type") or "PathPrefix"
    # The precedence of a regular expression is implementation-specific; most implementations put it last.
    path = "" if kind == "RegularExpression" else text(match, "path", "value") or "/"
    headers: dict[str, str | None] = {}
    for header in items(match, "headers"):
        exact = (text(header, "type") or "Exact") == "Exact"
        headers.setdefault((text(header, "name") or "").lower(), text(header, "value") if exact else None)
    return _Pattern(
        path, kind == "Exact", "method" in match, tuple(sorted(headers.items())), len(items(match, "queryParams"))
    )


def _may_meet(their: _Pattern, our: _Pattern) -> bool:
    """Return whether one request can match both: neither paths nor header values exclude it."""
    values = dict(our.headers)
    if any(values.get(name) not in (None, value) for name, value in their.headers if value is not None):
        return False
    if their.exact:
        return is_below(their.path, our.path)
    return is_below(their.path, our.path) or is_below(our.path, their.path)


def _host_precedence(theirs: Sequence[str], ours: Sequence[str]) -> int | None:
    """Return 1 if the existing host names win, -1 if the planned ones do, 0 for neither, None if none overlap."""
    meeting = [(a, b) for a in theirs for b in ours if not a or not b or intersect(a, b)]
    if not meeting:
        return None
    return max((_host_rank(a) > _host_rank(b)) - (_host_rank(a) < _host_rank(b)) for a, b in meeting)


def _host_rank(host: str) -> tuple[int, int]:
    """Return the rank of a host name: exact ones by length, then all by length. Spec: HTTPRouteSpec.hostnames."""
    return 0 if host.startswith("*") else len(host), len(host)


def _shown(pattern: _Pattern) -> str:
    words = [pattern.path or "a regular expression"]
    words += [f"{name}={'any' if value is None else value}" for name, value in pattern.headers]
    return " ".join(words)
