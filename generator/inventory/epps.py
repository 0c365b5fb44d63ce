"""Read endpoint pickers (EPPs) and the Services in front of them. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmd_routes.kube.namespaces import may_be_same
from llmd_routes.kube.objects import Object, integer, name_of, namespace_of, port_number, text
from llmd_routes.kube.origins import origin_of
from llmd_routes.kube.services import Fronts, reached_ports, selecting
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.inventory import Epp, EppPort, EppService, Pool
from llmd_routes.names import EPP_LABELS, EPP_PORT, INSTANCE, MESSAGE_LIMIT, POOL_V1, POOL_V1ALPHA2
from llmd_routes.pods.arguments import arguments_of
from llmd_routes.pods.endpoint_pickers import epp_container
from llmd_routes.text.shell import unresolved


def read_epps(workloads: Sequence[Workload], fronts: Fronts) -> list[Epp]:
    """Return the endpoint pickers among the workloads, sorted; `fronts` are the Services of the input."""
    return [epp for w in workloads if (epp := _epp(w, fronts)) is not None]


def _epp(workload: Workload, fronts: Fronts) -> Epp | None:
    template = workload.templates[0]
    container = epp_container(template.spec, template.labels, EPP_LABELS)
    if container is None:
        return None
    options = arguments_of(container)
    port = port_number(options.last("grpc-port", "grpcPort")) or EPP_PORT
    told = options.last("pool-namespace", "poolNamespace")
    front = next(iter(selecting(fronts, workload.templates[0].labels, workload.ref.namespace)), None)
    ports = _ports(front, port, container) if front else ()
    return Epp(
        workload=workload.ref,
        service=name_of(front) if front else None,
        port=_port_to_grpc(ports),
        pool_name=options.last("pool-name", "poolName"),
        # Usually the pod's own namespace, from a field reference.
        pool_namespace=workload.ref.namespace if not told or unresolved(told) else told,
        # Releases that spell flags in camelCase support only the alpha API; later releases watch v1 by default.
        group=options.last("pool-group") or (POOL_V1ALPHA2 if options.has("poolName") else POOL_V1),
        tls=(options.last("secure-serving", "secureServing") or "true").lower() not in ("false", "0", "f"),
        release=workload.release,
        instance=workload.labels.get(INSTANCE),
        message_limit=integer(options.last("grpc-max-recv-msg-size")) or MESSAGE_LIMIT,
        ports=ports,
        is_stopped=workload.is_stopped,
        origin=origin_of({"metadata": {"labels": dict(workload.labels), "annotations": dict(workload.annotations)}}),
        endpoints=_endpoints(options.last("endpoint-selector") or ""),
    )


def _endpoints(selector: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in selector.split(","))
    return {key.strip(): value.strip("= ") for key, equals, value in pairs if equals}


def _ports(service: Object, grpc_port: int, container: Mapping[str, Any]) -> tuple[EppPort, ...]:
    """Return the ports of a Service in order; `container` is the EPP's, whose named ports the Service may target."""
    ports = []
    for number, reached, entry in reached_ports(service, [container]):
        is_grpc = None if reached is None else reached == grpc_port
        ports.append(EppPort(number, is_grpc, text(entry, "name") or "", text(entry, "appProtocol")))
    return tuple(ports)


def _port_to_grpc(ports: Sequence[EppPort]) -> int:
    exact = [port.number for port in ports if port.is_grpc]
    named = [port.number for port in ports if port.name.startswith("grpc")]
    return next(iter((*exact, *named)), EPP_PORT)


def read_epp_services(
    epps: Sequence[Epp], pools: Sequence[Pool], services: Sequence[tuple[str, Object]]
) -> list[EppService]:
    """Return the Services that select an EPP or that a pool references as its endpoint picker, sorted."""
    picking: dict[str, list[Epp]] = {}
    for epp in epps:
        picking.setdefault(epp.service or "", []).append(epp)
    naming: dict[str, list[Pool]] = {}
    for pool in pools:
        naming.setdefault(pool.epp or "", []).append(pool)
    found = []
    for namespace, service in services:
        name = name_of(service)
        behind = next((e for e in picking.get(name, ()) if may_be_same(e.workload.namespace, namespace)), None)
        named_by = next((p for p in naming.get(name, ()) if may_be_same(p.ref.namespace, namespace)), None)
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
        # A pool that references the Service is the best evidence of the group; the EPP's own flag may be unset.
        group=pool.group if pool else (epp.group if epp else None),
    )
