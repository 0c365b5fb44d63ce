"""Order the rules of HTTPRoutes as Envoy must try them: its first match wins. Pure, no I/O.

Spec: HTTPRouteRule.matches, https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from llmd_routes.kube.objects import Ref
from llmd_routes.model.plan import Match, PlannedRoute, Rule
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER

from .destinations import Target, service_cluster, target_of
from .pickers import Picker


@dataclass(frozen=True, slots=True)
class Route:
    """A route of Envoy: a path prefix without a trailing slash, and exact values of headers (None for any value).

    Without `targets`, Envoy answers 404. `rewrite` replaces the prefix. With `repeats`, failed requests are repeated.
    """

    path: str
    headers: tuple[tuple[str, str | None], ...]
    targets: tuple[Target, ...]
    rewrite: str | None = None
    repeats: bool = False


def ordered_routes(routes: Iterable[PlannedRoute], pickers: Mapping[Ref, Picker]) -> Sequence[Route]:
    """Return the routes for all matches: longer paths first, then more headers, then the order of the rules."""
    every = [
        _route(match, pair, rule, [target_of(share, route.ref.namespace, pickers) for share in rule.shares])
        for route in routes
        for rule in route.rules
        for match in rule.matches
        for pair in match.pairs
    ]
    every.sort(key=lambda route: (-len(route.path), -len(route.headers)))
    # Requests that no route takes get 404 too.
    while every and not every[-1].targets:
        every.pop()
    return every


def _route(match: Match, pair: tuple[str | None, str | None], rule: Rule, targets: list[Target]) -> Route:
    model, owner = pair
    headers: list[tuple[str, str | None]] = []
    if model is not None:
        headers.append((MODEL_HEADER, model))
    if owner is not None or match.guard:
        headers.append((OWNER_HEADER, owner))
    if rule.service is not None:
        targets = [*targets, Target(service_cluster(rule.service).name, 1)]
    path = match.path.rstrip("/")
    return Route(path, tuple(headers), tuple(targets), rule.rewrite, repeats=rule.service is not None)
