"""Read InferencePools of both API groups. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from llmd_routes.kube.namespaces import NamespaceOf, may_be_same
from llmd_routes.kube.objects import (
    Object,
    Ref,
    dig,
    group_of,
    items,
    kind_of,
    labels,
    managed_by,
    mapping,
    name_of,
    namespace_of,
    port_number,
    text,
)
from llmd_routes.kube.origins import origin_of
from llmd_routes.model.inventory import ChartValues, Pool
from llmd_routes.names import EPP_PORT, INSTANCE, POOL_GROUPS, POOL_V1

from .chart_values import ROUTER_VALUES


def read_pools(objects: Iterable[Object], namespace: NamespaceOf, charts: Mapping[Ref, ChartValues]) -> list[Pool]:
    """Return the pools sorted by namespace, name, and group (v1 first).

    `charts` has the values of each endpoint picker's chart, by its Service.
    """
    found = [o for o in objects if kind_of(o) == "InferencePool" and group_of(o) in POOL_GROUPS]
    pools = [_pool(obj, namespace(obj), charts) for obj in found]
    return sorted(pools, key=lambda pool: (pool.ref, POOL_GROUPS.index(pool.group)))


def _pool(obj: Object, namespace: str, charts: Mapping[Ref, ChartValues]) -> Pool:
    group = group_of(obj)
    if group == POOL_V1:
        selector = labels(obj, "spec", "selector", "matchLabels")
        numbers = [port_number(port.get("number")) for port in items(obj, "spec", "targetPorts")]
        picker = mapping(obj, "spec", "endpointPickerRef")
        picker_port = port_number(dig(picker, "port", "number"))
    else:
        selector = labels(obj, "spec", "selector")
        numbers = [port_number(dig(obj, "spec", "targetPortNumber"))]
        picker = mapping(obj, "spec", "extensionRef")
        picker_port = port_number(picker.get("portNumber"))
    epp = text(picker, "name")
    return Pool(
        ref=Ref(namespace, "InferencePool", name_of(obj)),
        own_namespace=namespace_of(obj),
        group=group,
        selector=selector,
        ports=tuple(sorted(number for number in numbers if number is not None)),
        epp=epp,
        epp_port=picker_port or EPP_PORT,
        failure_mode=text(picker, "failureMode") or "FailClose",
        managed_by=managed_by(obj),
        instance=text(obj, "metadata", "labels", INSTANCE),
        values=charts.get(Ref(namespace, "Service", epp or ""), ROUTER_VALUES),
        origin=origin_of(obj),
    )


def takers(pools: Iterable[Pool]) -> Callable[[Mapping[str, str], str], bool]:
    """Return a lookup of whether a pool selects pods with these labels in this namespace."""
    by_pair: dict[tuple[str, str], list[Pool]] = {}
    for pool in pools:
        if pool.selector:
            by_pair.setdefault(min(pool.selector.items()), []).append(pool)

    def taken(pod_labels: Mapping[str, str], namespace: str) -> bool:
        near = (pool for pair in pod_labels.items() for pool in by_pair.get(pair, ()))
        return any(may_be_same(p.ref.namespace, namespace) and p.selector.items() <= pod_labels.items() for p in near)

    return taken
