"""Read the istio objects that can interfere with ours: DestinationRules and EnvoyFilters. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llmd_routes.kube.namespaces import NamespaceOf
from llmd_routes.kube.objects import Object, Ref, items, managed_by, name_of, of_kind, text
from llmd_routes.model.inventory import DestinationRule, EnvoyFilter
from llmd_routes.names import GATEWAY_NAME, INSTANCE, ISTIO_NETWORKING


def read_destination_rules(objects: Iterable[Object], namespace: NamespaceOf) -> list[DestinationRule]:
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


def read_envoy_filters(objects: Iterable[Object], namespace: NamespaceOf) -> list[EnvoyFilter]:
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
