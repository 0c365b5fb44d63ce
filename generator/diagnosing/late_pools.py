"""Find routes whose status was written before their InferencePool existed, and never since. Pure.

Some releases look up the backends of a route only when the route changes: nginx-gateway-fabric#5207, kgateway#11516,
llm-d-modelservice#65.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.inventory.routes import backends_of_rule
from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.model.findings import Finding
from llmd_routes.model.gateways import Route

_MARK: Final = "llmd-routes/reconciled=true"


def judge_lateness(route: Route, obj: Object, around: Surroundings) -> Iterator[Finding]:
    """Yield a finding if a controller misses an InferencePool that was created after its report about a route."""
    for parent in items(obj, "status", "parents"):
        for condition in items(parent, "conditions"):
            if not _misses_a_backend(condition):
                continue
            reported = text(condition, "lastTransitionTime") or ""
            late = [ref for ref, created in _pools(route, around) if created > reported]
            if late:
                yield _late(route, late[0], text(parent, "controllerName") or "its controller")
                return


def _misses_a_backend(condition: Object) -> bool:
    named = text(condition, "type"), text(condition, "status"), text(condition, "reason")
    return named == ("ResolvedRefs", "False", "BackendNotFound")


def _pools(route: Route, around: Surroundings) -> Iterator[tuple[Ref, str]]:
    """Yield the existing InferencePools of a route with the time of their creation; none if one does not exist."""
    times = around.created_pools
    wanted = [backend for rule in items(route.spec, "rules") for backend in backends_of_rule(route, rule)]
    if all((backend.group, backend.pool) in times for backend in wanted):
        yield from ((backend.pool, times[backend.group, backend.pool]) for backend in wanted)


def _late(route: Route, pool: Ref, controller: str) -> Finding:
    return Finding(
        "error",
        "pool-after-route",
        str(route.ref),
        "status.parents[].conditions[ResolvedRefs]",
        f"{controller} reports BackendNotFound, and has not reconciled the route since {pool} was created",
        "requests to the pool get 500",
        f"change the route, so that the controller reconciles it:"
        f" kubectl annotate httproutes.gateway.networking.k8s.io -n {route.ref.namespace} {route.ref.name} {_MARK}",
    )
