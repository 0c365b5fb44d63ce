"""Reads Gateways, HTTPRoutes, what of istio matters, and what the API server is known to serve. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from .implementations import implementation_of
from .inventory import DestinationRule, EnvoyFilter, Gateway, Listener, Platform, Route
from .istio_version import istio_version
from .names import BUNDLE_VERSION, CRD, GATEWAY, GATEWAY_NAME, INSTANCE, ISTIO_NETWORKING, POOL_GROUPS
from .objects import Object, Ref, group_of, items, kind_of, mapping, name_of, namespace_of, of_kind, port_number, text
from .pools import managed_by
from .workloads import Workload

Namespace = Callable[[Object], str]


def read_gateways(objects: Sequence[Object], namespace: Namespace, workloads: Sequence[Workload]) -> list[Gateway]:
    """Return the Gateways, sorted; the implementation comes from the GatewayClass's controller, else the class name.

    `workloads` tell which istio runs it.
    """
    controllers = {
        name_of(o): text(o, "spec", "controllerName") for o in of_kind(list(objects), "GatewayClass", GATEWAY)
    }
    found = []
    for obj in of_kind(list(objects), "Gateway", GATEWAY):
        name = text(obj, "spec", "gatewayClassName") or ""
        ref = Ref(namespace(obj), "Gateway", name_of(obj))
        found.append(
            Gateway(
                ref=ref,
                own_namespace=namespace_of(obj),
                gateway_class=name,
                implementation=implementation_of(name, controllers.get(name)),
                listeners=tuple(_listener(entry) for entry in items(obj, "spec", "listeners")),
                istio_version=istio_version(ref, workloads),
            )
        )
    return sorted(found, key=lambda gateway: gateway.ref)


def _listener(entry: Object) -> Listener:
    return Listener(
        name=text(entry, "name") or "",
        port=port_number(entry.get("port")) or 0,
        protocol=text(entry, "protocol") or "",
        hostname=text(entry, "hostname"),
        namespaces_from=text(entry, "allowedRoutes", "namespaces", "from") or "Same",
        namespaces_selector=mapping(entry, "allowedRoutes", "namespaces", "selector"),
        kinds=tuple(text(kind, "kind") or "" for kind in items(entry, "allowedRoutes", "kinds")),
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
        DestinationRule(
            Ref(namespace(o), "DestinationRule", name_of(o)),
            text(o, "spec", "host") or "",
            managed_by(o),
            text(o, "metadata", "labels", INSTANCE),
        )
        for o in of_kind(list(objects), "DestinationRule", ISTIO_NETWORKING)
    ]
    return sorted(found, key=lambda rule: rule.ref)


def read_envoy_filters(objects: Iterable[Object], namespace: Namespace) -> list[EnvoyFilter]:
    """Return istio's EnvoyFilters, sorted."""
    found = [
        EnvoyFilter(
            Ref(namespace(obj), "EnvoyFilter", name_of(obj)),
            tuple(dict.fromkeys(_selected(obj))),
            text(obj, "metadata", "labels", INSTANCE),
        )
        for obj in of_kind(list(objects), "EnvoyFilter", ISTIO_NETWORKING)
    ]
    return sorted(found, key=lambda one: one.ref)


def _selected(obj: Object) -> Iterator[str]:
    for target in items(obj, "spec", "targetRefs"):
        if text(target, "kind") == "Gateway" and (name := text(target, "name")):
            yield name
    if name := text(obj, "spec", "workloadSelector", "labels", GATEWAY_NAME):
        yield name


def read_platform(objects: Iterable[Object]) -> Platform:
    """Return what the CRDs among the objects tell of the API server.

    HTTPRoute's `rules[].timeouts` and 64 matches a rule (8 before) are in the standard channel since v1.2; the
    experimental channel had timeouts before.
    """
    crds = {name_of(obj): obj for obj in objects if kind_of(obj) == "CustomResourceDefinition" and group_of(obj) == CRD}
    http_routes = crds.get(f"httproutes.{GATEWAY}")
    version = _version(text(http_routes, "metadata", "annotations", BUNDLE_VERSION))
    experimental = text(http_routes, "metadata", "annotations", f"{GATEWAY}/channel") == "experimental"
    pools = tuple(group for group in POOL_GROUPS if f"inferencepools.{group}" in crds)
    return Platform(
        pool_groups=pools or None,
        route_matches=64 if version and version >= (1, 2) else 8,
        route_timeouts=version is None or version >= (1, 2) or experimental,
    )


def _version(text_version: str | None) -> tuple[int, int] | None:
    match = re.match(r"v(\d+)\.(\d+)", text_version or "")
    return (int(match.group(1)), int(match.group(2))) if match else None
