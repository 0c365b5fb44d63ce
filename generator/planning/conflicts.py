"""Finds routes of others that take requests meant for the planned ones, or may. Pure: values in, notices out.

Requests are matched over all routes of a listener: the longest path wins, then a method, then the number of headers and
of query parameters; what is still equal is decided by the age of the routes, and so may change with any re-creation.
Spec: HTTPRouteRule.matches, https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Object, items, text, texts
from llmd_routes.model.inventory import Route
from llmd_routes.model.plan import Match
from llmd_routes.notices import Notice
from llmd_routes_sidecar.answers import DISCOVER, ROUTING
from llmd_routes_sidecar.extraction import MODELS
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER

from .listeners import intersect


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A match as precedence sees it; `headers` are lower-case names with their exact value, None for any."""

    path: str
    exact: bool = False
    method: bool = False
    headers: tuple[tuple[str, str | None], ...] = ()
    parameters: int = 0

    @property
    def rank(self) -> tuple[bool, int, bool, int, int]:
        return self.exact, len(self.path), self.method, len(self.headers), self.parameters


def lint(draft: Draft) -> Iterator[Notice]:
    """Yield what routes of others on the same listeners do to the planned ones, one notice a rule at most.

    Routes of other Gateways, hosts or paths are left alone.
    """
    matches = (match for route in draft.routes for rule in route.rules for match in rule.matches)
    ours = list(dict.fromkeys(map(_own, matches)))
    for route in draft.foreign:
        if any(one.takes(route) for one in draft.route_set.attachments):
            for number, rule in enumerate(items(route.spec, "rules") or [{}]):
                yield from _rule(route, number, rule, ours, draft.route_set.hostnames)


def _rule(
    route: Route, number: int, rule: Object, ours: Sequence[_Pattern], hostnames: Sequence[str]
) -> Iterator[Notice]:
    host = _host_precedence(texts(route.spec, "hostnames"), hostnames)
    if host is None or host < 0:
        return
    theirs = [_theirs(match) for match in items(rule, "matches") or [{}]]
    pairs = [(their, our) for their in theirs for our in ours if _may_meet(their, our)]
    first = [their for their, our in pairs if _is_meant(their, our) and (host > 0 or their.rank > our.rank)]
    ties = [(their, our) for their, our in pairs if host == 0 and their.rank == our.rank]
    equal = [their for their, our in ties if our.headers or _is_answered(our)]
    remedy = f"kubectl delete httproute {route.ref.name} --namespace={route.ref.namespace}, or narrow that rule"
    if first:
        fact = f"rule {number + 1} ({_shown(first[0])}) comes before these routes and takes requests of theirs"
        yield Notice("shadowed", str(route.ref), fact, remedy)
    elif equal:
        fact = f"rule {number + 1} ({_shown(equal[0])}) is as specific as these routes: the older one wins"
        yield Notice("tie", str(route.ref), fact, remedy)
    elif ties:
        fact = f"rule {number + 1} ({_shown(ties[0][0])}) takes what names no model, as these do: the older wins"
        yield Notice("tie", str(route.ref), fact, f"--no-catch-all leaves them to it; or {remedy}")


def _is_meant(their: _Pattern, our: _Pattern) -> bool:
    """Return whether what both match is meant for ours.

    The guard is there to be outranked, and so is the default engine by a match that names an engine, and what takes all
    requests without a model. The list of models may be that of somebody else, but where it is ours.
    """
    if _is_answered(our):
        return True
    if _below(their.path, f"{our.path.rstrip('/')}{MODELS}"):
        return False
    names = {name for name, _ in our.headers}
    return MODEL_HEADER in names and (OWNER_HEADER in names or OWNER_HEADER not in dict(their.headers))


def _is_answered(our: _Pattern) -> bool:
    """Return whether what a pattern takes is for what answers for models alone: the list, and what operators ask."""
    return not our.headers and (our.path.endswith(MODELS) or our.path in (DISCOVER, ROUTING))


def _own(match: Match) -> _Pattern:
    headers: list[tuple[str, str | None]] = [(MODEL_HEADER, match.model)] if match.model is not None else []
    headers += [(OWNER_HEADER, match.owner)] if match.owner is not None or match.guard else []
    return _Pattern(match.path, headers=tuple(headers))


def _theirs(match: Object) -> _Pattern:
    kind = text(match, "path", "type") or "PathPrefix"
    # Where a regular expression ranks is up to the implementation; most put it last.
    path = "" if kind == "RegularExpression" else text(match, "path", "value") or "/"
    headers: dict[str, str | None] = {}
    for header in items(match, "headers"):
        exact = (text(header, "type") or "Exact") == "Exact"
        headers.setdefault((text(header, "name") or "").lower(), text(header, "value") if exact else None)
    return _Pattern(
        path, kind == "Exact", "method" in match, tuple(sorted(headers.items())), len(items(match, "queryParams"))
    )


def _may_meet(their: _Pattern, our: _Pattern) -> bool:
    """Return whether one request can match both: neither paths nor the values of a header keep them apart."""
    values = dict(our.headers)
    if any(values.get(name) not in (None, value) for name, value in their.headers if value is not None):
        return False
    if their.exact:
        return _below(their.path, our.path)
    return _below(their.path, our.path) or _below(our.path, their.path)


def _below(path: str, prefix: str) -> bool:
    """Return whether a path is the prefix or below it, element by element."""
    top = prefix.rstrip("/")
    return path.rstrip("/") == top or path.startswith(f"{top}/")


def _host_precedence(theirs: Sequence[str], ours: Sequence[str]) -> int | None:
    """Return 1 when their host names win before any match, -1 when ours do, 0 for neither, None when none meet."""
    meeting = [(a, b) for a in theirs or [""] for b in ours or [""] if not a or not b or intersect(a, b)]
    if not meeting:
        return None
    return max((_host_rank(a) > _host_rank(b)) - (_host_rank(a) < _host_rank(b)) for a, b in meeting)


def _host_rank(host: str) -> tuple[int, int]:
    """Spec: most characters without a wildcard, then most characters."""
    return 0 if host.startswith("*") else len(host), len(host)


def _shown(pattern: _Pattern) -> str:
    words = [pattern.path or "a regular expression"]
    words += [f"{name}={'any' if value is None else value}" for name, value in pattern.headers]
    return " ".join(words)
