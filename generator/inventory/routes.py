"""Read HTTPRoutes: who made them, which InferencePools they reference, whether they match everything. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from llmd_routes.kube.namespaces import NamespaceOf
from llmd_routes.kube.objects import (
    Object,
    Ref,
    controller_of,
    group_of_reference,
    items,
    mapping,
    name_of,
    namespace_of,
    of_kind,
    text,
)
from llmd_routes.kube.origins import origin_of
from llmd_routes.model.gateways import Route
from llmd_routes.names import GATEWAY, INSTANCE, POOL_GROUPS
from llmd_routes.sources import ROUTE_FIELDS


def read_routes(objects: Sequence[Object], namespace: NamespaceOf) -> list[Route]:
    """Return the HTTPRoutes, sorted."""
    found = [
        Route(
            ref=Ref(namespace(obj), "HTTPRoute", name_of(obj)),
            own_namespace=namespace_of(obj),
            spec=mapping(obj, "spec"),
            origin=_origin(obj),
            instance=text(obj, "metadata", "labels", INSTANCE),
            created=text(obj, "metadata", "creationTimestamp"),
        )
        for obj in of_kind(list(objects), "HTTPRoute", GATEWAY)
    ]
    return sorted(found, key=lambda route: route.ref)


def _origin(obj: Object) -> str | None:
    """Return the object or tool that maintains a route, and the field of that object which configures its routes."""
    origin = origin_of(obj)
    field = ROUTE_FIELDS.get(text(controller_of(obj) or {}, "kind") or "")
    return f"{field} of {origin}" if field else origin


def pools_of(route: Route) -> set[Ref]:
    """Return the InferencePools that a route references, of either API group."""
    return {pool for rule in items(route.spec, "rules") for pool in pools_of_rule(route, rule)}


def pools_of_rule(route: Route, rule: Object) -> set[Ref]:
    """Return the InferencePools of a rule, of either API group."""
    return {backend.pool for backend in backends_of_rule(route, rule) if backend.group in POOL_GROUPS}


class Backend(NamedTuple):
    """An InferencePool that a rule references, and the API group of the reference: "" without one."""

    pool: Ref
    group: str


def backends_of_rule(route: Route, rule: Object) -> list[Backend]:
    """Return the InferencePools that a rule references, in order, whether or not they can be resolved."""
    return [
        Backend(
            Ref(text(backend, "namespace") or route.ref.namespace, "InferencePool", text(backend, "name") or ""),
            group_of_reference(backend, ""),
        )
        for backend in items(rule, "backendRefs")
        if text(backend, "kind") == "InferencePool"
    ]


def catch_all_of(route: Route) -> int | None:
    """Return the number of the first rule that matches every request of the route's hosts, None if there is none.

    A rule without matches does. Spec: HTTPRouteRule.matches, https://gateway-api.sigs.k8s.io/reference/spec/
    """
    rules = items(route.spec, "rules") or [{}]
    return next((number for number, rule in enumerate(rules) if _matches_all(rule)), None)


def _matches_all(rule: Object) -> bool:
    return any(
        not any(match.get(field) for field in ("headers", "queryParams", "method"))
        and (text(match, "path", "type") or "PathPrefix") == "PathPrefix"
        and (text(match, "path", "value") or "/") == "/"
        for match in items(rule, "matches") or [{}]
    )
