"""Reads Gateways, HTTPRoutes, DestinationRules, and what the API server is known to serve. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from .implementations import implementation_of
from .inventory import DestinationRule, Gateway, Listener, Platform, Route
from .names import BUNDLE_VERSION, CRD, GATEWAY, INSTANCE, ISTIO_NETWORKING, MANAGED_BY, POOL_GROUPS
from .objects import Object, Ref, group_of, integer, items, kind_of, mapping, name_of, namespace_of, of_kind, text
from .pools import managed_by

Namespace = Callable[[Object], str]


def read_gateways(objects: Sequence[Object], namespace: Namespace) -> list[Gateway]:
    """Return the Gateways, sorted; the implementation comes from the GatewayClass's controller, else the class name."""
    controllers = {
        name_of(o): text(o, "spec", "controllerName") for o in of_kind(list(objects), "GatewayClass", GATEWAY)
    }
    found = []
    for obj in of_kind(list(objects), "Gateway", GATEWAY):
        name = text(obj, "spec", "gatewayClassName") or ""
        found.append(
            Gateway(
                ref=Ref(namespace(obj), "Gateway", name_of(obj)),
                own_namespace=namespace_of(obj),
                gateway_class=name,
                implementation=implementation_of(name, controllers.get(name)),
                listeners=tuple(_listener(entry) for entry in items(obj, "spec", "listeners")),
            )
        )
    return sorted(found, key=lambda gateway: gateway.ref)


def _listener(entry: Object) -> Listener:
    return Listener(
        name=text(entry, "name") or "",
        port=integer(entry.get("port")) or 0,
        protocol=text(entry, "protocol") or "",
        hostname=text(entry, "hostname"),
        namespaces_from=text(entry, "allowedRoutes", "namespaces", "from") or "Same",
    )


def read_routes(objects: Sequence[Object], namespace: Namespace) -> list[Route]:
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


def read_destination_rules(objects: Iterable[Object], namespace: Namespace) -> list[DestinationRule]:
    """Return istio's DestinationRules, sorted."""
    found = [
        DestinationRule(Ref(namespace(o), "DestinationRule", name_of(o)), text(o, "spec", "host") or "", managed_by(o))
        for o in of_kind(list(objects), "DestinationRule", ISTIO_NETWORKING)
    ]
    return sorted(found, key=lambda rule: rule.ref)


def read_platform(objects: Sequence[Object], routes: Sequence[Route]) -> Platform:
    """Return what the CRDs among the objects tell of the API server.

    `rules[].timeouts` is in the standard channel since v1.2 and in the experimental one before; a route of somebody
    else that uses it tells the same.
    """
    crds = {name_of(obj): obj for obj in objects if kind_of(obj) == "CustomResourceDefinition" and group_of(obj) == CRD}
    http_routes = crds.get(f"httproutes.{GATEWAY}")
    version = _version(text(http_routes, "metadata", "annotations", BUNDLE_VERSION))
    experimental = text(http_routes, "metadata", "annotations", f"{GATEWAY}/channel") == "experimental"
    used = any(
        items(r.spec, "rules") and any("timeouts" in rule for rule in items(r.spec, "rules")) for r in _foreign(routes)
    )
    return Platform(
        gateway_api=version,
        pool_groups=tuple(group for group in POOL_GROUPS if f"inferencepools.{group}" in crds) if crds else None,
        route_timeouts=(version >= (1, 2) or experimental) if version else used,
    )


def _foreign(routes: Sequence[Route]) -> list[Route]:
    return [route for route in routes if route.managed_by != MANAGED_BY]


def _version(text_version: str | None) -> tuple[int, int] | None:
    match = re.match(r"v(\d+)\.(\d+)", text_version or "")
    return (int(match.group(1)), int(match.group(2))) if match else None
