"""Rule names of other routes, by which istio finds the endpoint picker of a rule. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.kube.objects import items, text
from llmd_routes.model.inventory import Route
from llmd_routes.notices import Notice


def named_rules(route: Route) -> Iterator[Notice]:
    """Yield a notice for each rule of a route that has a name and leads to an InferencePool."""
    for number, rule in enumerate(items(route.spec, "rules")):
        kinds = [text(backend, "kind") for backend in items(rule, "backendRefs")]
        if "name" not in rule or "InferencePool" not in kinds:
            continue
        fact = (
            f"rule {number + 1} has a name, by which istio finds endpoint pickers over all routes, and so the wrong one"
        )
        patch = f'[{{"op": "remove", "path": "/spec/rules/{number}/name"}}]'
        place = f"{route.ref.name} --namespace={route.ref.namespace}"
        remedy = f"kubectl patch httproute {place} --type=json --patch='{patch}'"
        yield Notice("rule-name", str(route.ref), fact, remedy)
