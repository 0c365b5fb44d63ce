"""Read Services: which of them select a pod, and which container ports their ports reach. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .containers import declared_ports
from .namespaces import may_be_same
from .objects import Object, items, labels, name_of, port_number

# Services keyed by one label of their selector, which every selected pod carries: namespace, whole selector, Service.
Fronts = dict[tuple[str, str], list[tuple[str, dict[str, str], Object]]]


def index_services(services: Iterable[tuple[str, Object]]) -> Fronts:
    """Return the Services with a selector, indexed; `services` are (effective namespace, Service)."""
    fronts: Fronts = {}
    for namespace, service in services:
        selector = labels(service, "spec", "selector")
        if selector:
            fronts.setdefault(min(selector.items()), []).append((namespace, selector, service))
    return fronts


def selecting(fronts: Fronts, pod_labels: Mapping[str, str], namespace: str) -> list[Object]:
    """Return the Services that select a pod with these labels in a namespace, by name."""
    found = [
        service
        for pair in pod_labels.items()
        for place, selector, service in fronts.get(pair, ())
        if may_be_same(place, namespace) and selector.items() <= pod_labels.items()
    ]
    return sorted(found, key=name_of)


def reached_ports(
    service: Object, containers: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[int, int | None, Mapping[str, Any]]]:
    """Yield the ports of a Service in order: its number, the container port that it reaches, and the entry.

    The container port is None if no container declares the name that the Service targets.
    """
    named = {name: number for container in containers for name, number in declared_ports(container) if name}
    for entry in items(service, "spec", "ports"):
        number, target = port_number(entry.get("port")), entry.get("targetPort")
        if number is not None:
            yield number, number if target is None else port_number(target) or named.get(str(target)), entry
