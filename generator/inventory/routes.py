"""Read HTTPRoutes: who made them, which InferencePools they reference, whether they match everything. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from llmd_routes.kube.namespaces import NamespaceOf
from llmd_routes.kube.objects import Object, Ref, items, managed_by, mapping, name_of, namespace_of, of_kind, text
from llmd_routes.model.inventory import Route
from llmd_routes.names import GATEWAY, INSTANCE


def read_routes(objects: Sequence[Object], namespace: NamespaceOf) -> list[Route]:
    """Return the HTTPRoutes, sorted."""
    found = [
        Route(
            ref=Ref(namespace(obj), "HTTPRoute", name_of(obj)),
            own_namespace=namespace_of(obj),
            spec=mapping(obj, "spec"),
            managed_by=managed_by(obj),
            instance=text(obj, "metadata", "labels", INSTANCE),
        )
        for obj in of_kind(list(objects), "HTTPRoute", GATEWAY)
    ]
    return sorted(found, key=lambda route: route.ref)


def pools_of(route: Route) -> set[Ref]:
    """Return the InferencePools that a route leads to, of either API group."""
    backends = [b for rule in items(route.spec, "rules") for b in items(rule, "backendRefs")]
    return {
        Ref(text(b, "namespace") or route.ref.namespace, "InferencePool", text(b, "name") or "")
        for b in backends
        if text(b, "kind") == "InferencePool"
    }


def takes_all(route: Route) -> bool:
    """Return whether a rule of the route takes every request of its hosts; one without matches does.

    Spec: HTTPRouteRule.matches, https://gateway-api.sigs.k8s.io/reference/spec/
    """
    return any(_matches_all(rule) for rule in items(route.spec, "rules") or [{}])


def _matches_all(rule: Object) -> bool:
    return any(
        not any(match.get(field) for field in ("headers", "queryParams", "method"))
        and (text(match, "path", "type") or "PathPrefix") == "PathPrefix"
        and (text(match, "path", "value") or "/") == "/"
        for match in items(rule, "matches") or [{}]
    )
