"""Rule names that routes share, by which istio finds the endpoint picker of a rule. Pure, no I/O.

istio keys pickers by the rule name over all HTTPRoutes of a Gateway, so two rules of one name get one picker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.model.gateways import Route
from llmd_routes.notices import Notice


def shared_names(routes: Iterable[Route]) -> Iterator[Notice]:
    """Yield a notice for each rule of a Gateway's routes that shares its name with a rule for another InferencePool."""
    rules = [(route, number, rule) for route in routes for number, rule in enumerate(items(route.spec, "rules"))]
    pools: dict[str, set[frozenset[Ref]]] = defaultdict(set)
    for route, _, rule in rules:
        if "name" in rule and _pools(route, rule):
            pools[text(rule, "name") or ""].add(_pools(route, rule))
    for route, number, rule in rules:
        name = text(rule, "name") or ""
        if _pools(route, rule) and len(pools.get(name, ())) > 1:
            fact = f"rule {number + 1} shares the name {name} with another rule; istio gives both one endpoint picker"
            place = route.place_of(number, "name")
            yield Notice("rule-name", str(route.ref), fact, f"remove or change {place}")


def _pools(route: Route, rule: Object) -> frozenset[Ref]:
    backends = [backend for backend in items(rule, "backendRefs") if text(backend, "kind") == "InferencePool"]
    return frozenset(
        Ref(text(backend, "namespace") or route.ref.namespace, "InferencePool", text(backend, "name") or "")
        for backend in backends
    )
