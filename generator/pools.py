"""Reads InferencePools of both API groups, endpoint pickers (EPPs) and the Services in front of them. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from .inventory import Epp, EppService, Pool
from .names import APP_MANAGED_BY, EPP_LABELS, EPP_PORT, INSTANCE, MESSAGE_LIMIT, POOL_GROUPS, POOL_V1, POOL_V1ALPHA2
from .objects import (
    Object,
    Ref,
    controller_of,
    dig,
    group_of,
    integer,
    items,
    kind_of,
    labels,
    mapping,
    name_of,
    namespace_of,
    port_number,
    text,
)
from .shell import unresolved
from .sidecars import arguments_of, epp_container
from .workloads import Workload

Namespace = Callable[[Object], str]


def read_pools(objects: Iterable[Object], namespace: Namespace) -> list[Pool]:
    """Return the pools sorted by namespace, name, and group (v1 first)."""
    pools = [_pool(o, namespace(o)) for o in objects if kind_of(o) == "InferencePool" and group_of(o) in POOL_GROUPS]
    return sorted(pools, key=lambda pool: (pool.ref, POOL_GROUPS.index(pool.group)))


def _pool(obj: Object, namespace: str) -> Pool:
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
    return Pool(
        ref=Ref(namespace, "InferencePool", name_of(obj)),
        own_namespace=namespace_of(obj),
        group=group,
        selector=selector,
        ports=tuple(sorted(number for number in numbers if number is not None)),
        epp=text(picker, "name"),
        epp_port=picker_port or EPP_PORT,
        failure_mode=text(picker, "failureMode") or "FailClose",
        managed_by=managed_by(obj),
        instance=text(obj, "metadata", "labels", INSTANCE),
    )


def takers(pools: Iterable[Pool]) -> Callable[[Mapping[str, str], str], bool]:
    """Return a look-up of whether a pool takes pods of some labels in some namespace."""
    by_pair: dict[tuple[str, str], list[Pool]] = {}
    for pool in pools:
        if pool.selector:
            by_pair.setdefault(min(pool.selector.items()), []).append(pool)

    def taken(pod_labels: Mapping[str, str], namespace: str) -> bool:
        near = (pool for pair in pod_labels.items() for pool in by_pair.get(pair, ()))
        return any(_same_place(p.ref.namespace, namespace) and p.selector.items() <= pod_labels.items() for p in near)

    return taken


def managed_by(obj: Object) -> str | None:
    """Return who keeps an object: its controller's kind, else its managed-by label, else None."""
    owner = controller_of(obj)
    return (text(owner, "kind") if owner else None) or text(obj, "metadata", "labels", APP_MANAGED_BY)


def is_epp(workload: Workload) -> bool:
    """Return whether a workload is an endpoint picker."""
    return any(epp_container(t.spec, t.labels, EPP_LABELS) is not None for t in workload.templates)


def read_epps(workloads: Sequence[Workload], services: Sequence[tuple[str, Object]]) -> list[Epp]:
    """Return the endpoint pickers among the workloads, sorted; `services` are (effective namespace, Service)."""
    fronts: _Fronts = {}
    for namespace, service in services:
        selector = labels(service, "spec", "selector")
        if selector:
            fronts.setdefault(min(selector.items()), []).append((namespace, selector, service))
    return [epp for w in workloads if (epp := _epp(w, fronts)) is not None]


# Services by one pair of their selector, which the pods behind them carry: namespace, whole selector, Service.
_Fronts = dict[tuple[str, str], list[tuple[str, dict[str, str], Object]]]


def _epp(workload: Workload, fronts: _Fronts) -> Epp | None:
    template = workload.templates[0]
    container = epp_container(template.spec, template.labels, EPP_LABELS)
    if container is None:
        return None
    options = arguments_of(container)
    port = port_number(options.last("grpc-port", "grpcPort")) or EPP_PORT
    told = options.last("pool-namespace", "poolNamespace")
    service, service_port = _front(workload, port, fronts)
    return Epp(
        workload=workload.ref,
        service=service,
        port=service_port,
        pool_name=options.last("pool-name", "poolName"),
        # Often its own namespace, from a field of the pod.
        pool_namespace=workload.ref.namespace if not told or unresolved(told) else told,
        # Releases that spell the flags in camel case know the alpha API only; later ones watch v1 unless told.
        group=options.last("pool-group") or (POOL_V1ALPHA2 if options.has("poolName") else POOL_V1),
        tls=(options.last("secure-serving", "secureServing") or "true").lower() not in ("false", "0", "f"),
        release=workload.release,
        instance=workload.labels.get(INSTANCE),
        message_limit=integer(options.last("grpc-max-recv-msg-size")) or MESSAGE_LIMIT,
    )


def _front(workload: Workload, port: int, fronts: _Fronts) -> tuple[str | None, int]:
    """Return the Service that selects an EPP's pods, the first by name, and the Service port to its gRPC port."""
    own = workload.templates[0].labels
    found = [
        service
        for pair in own.items()
        for namespace, selector, service in fronts.get(pair, ())
        if _same_place(namespace, workload.ref.namespace) and selector.items() <= own.items()
    ]
    if not found:
        return None, EPP_PORT
    first = min(found, key=name_of)
    return name_of(first), _service_port(first, port)


def _service_port(service: Object, port: int) -> int:
    ports = [(port_number(p.get("port")), p) for p in items(service, "spec", "ports")]
    for number, entry in ports:
        if number and (port_number(entry.get("targetPort")) or number) == port:
            return number
    named = [n for n, entry in ports if n and (text(entry, "name") or "").startswith("grpc")]
    return named[0] if named else EPP_PORT


def read_epp_services(
    epps: Sequence[Epp], pools: Sequence[Pool], services: Sequence[tuple[str, Object]]
) -> list[EppService]:
    """Return the Services that lead to an EPP or that a pool names as its endpoint picker, sorted."""
    picking: dict[str, list[Epp]] = {}
    for epp in epps:
        picking.setdefault(epp.service or "", []).append(epp)
    naming: dict[str, list[Pool]] = {}
    for pool in pools:
        naming.setdefault(pool.epp or "", []).append(pool)
    found = []
    for namespace, service in services:
        name = name_of(service)
        behind = next((e for e in picking.get(name, ()) if _same_place(e.workload.namespace, namespace)), None)
        named_by = next((p for p in naming.get(name, ()) if _same_place(p.ref.namespace, namespace)), None)
        if behind or named_by:
            found.append(_epp_service(namespace, service, behind, named_by))
    return sorted(found, key=lambda service: (service.namespace, service.name))


def _epp_service(namespace: str, service: Object, epp: Epp | None, pool: Pool | None) -> EppService:
    return EppService(
        namespace=namespace,
        own_namespace=namespace_of(service),
        name=name_of(service),
        port=epp.port if epp else (pool.epp_port if pool else EPP_PORT),
        pool=epp.pool_name if epp and epp.pool_name else (pool.ref.name if pool else None),
        # A pool that names the Service shows the group best; the EPP's own flag may be left to a default.
        group=pool.group if pool else (epp.group if epp else None),
    )


def _same_place(one: str, other: str) -> bool:
    """Return whether two effective namespaces may be the same; an unknown one may be any."""
    return one == other or not one or not other
