"""Find the Services through which requests can reach a ModelService without an InferencePool. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from llmd_routes.kube.containers import containers_of
from llmd_routes.kube.namespaces import may_be_same
from llmd_routes.kube.objects import Object, Ref, ServicePort, items, labels, name_of, text
from llmd_routes.kube.services import reached_ports
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.inventory import Epp, ModelService
from llmd_routes.notices import Notice

from .chart_values import ROUTER_VALUES
from .selectors import Templates

# Roles whose pods do not answer clients' requests by themselves.
_HALVES = frozenset({"prefill", "encode"})


def add_entrances(
    services: Sequence[ModelService],
    epps: Sequence[Epp],
    fronts: Sequence[tuple[str, Object]],
    workloads: Sequence[Workload],
    index: Templates,
) -> tuple[list[ModelService], list[Notice]]:
    """Return the services with their stand-alone router and their plain Service, in order, and notices about routers.

    A router or a Service must select exactly the pods of the ModelService. `fronts` are (effective namespace, Service).
    """
    specs = {workload.ref: [template.spec for template in workload.templates] for workload in workloads}
    selected: dict[int, list[tuple[str, Object]]] = {}
    for namespace, front in fronts:
        if (selector := labels(front, "spec", "selector")) and not _belongs_to_pool(front):
            selected.setdefault(index.taken(selector, namespace), []).append((namespace, front))
    alone = {epp: index.taken(epp.endpoints, epp.pool_namespace) for epp in epps if epp.endpoints}
    notices: list[Notice] = []
    results = []
    for service in services:
        own = index.mask(service.templates)
        epp = _router_of(service, own, epps, alone)
        notices += _mixed(service, own, alone, services, index)
        plain = min(_fronts(service, selected.get(own, ()), specs), default=None)
        service = replace(service, router=epp.router if epp else None, front=plain)
        results.append(replace(service, epp=service.epp or epp.service) if epp else service)
    return results, notices


def _router_of(service: ModelService, own: int, epps: Sequence[Epp], alone: Mapping[Epp, int]) -> Epp | None:
    """Return the endpoint picker that picks exactly the pods of a service without a Gateway, or None."""
    picking = (epp for epp, picked in alone.items() if picked == own)
    watching = (
        epp
        for epp in epps
        if epp.router
        and epp not in alone
        and service.pool == Ref(epp.pool_namespace, "InferencePool", epp.pool_name or "")
    )
    return next(picking, None) or next(watching, None)


def _mixed(
    service: ModelService, own: int, alone: Mapping[Epp, int], services: Sequence[ModelService], index: Templates
) -> Iterator[Notice]:
    """Yield a notice for each router without a pool that selects only some pods of a service, or also other pods."""
    for epp, picked in alone.items():
        if not picked & own or picked == own:
            continue
        others = [other.title for other in services if other != service and index.mask(other.templates) & picked]
        fact = f"{epp.workload} selects only some of its pods"
        if picked & ~own:
            fact = f"{epp.workload} also selects other pods" + (f" ({', '.join(others)})" if others else "")
        place = f"{ROUTER_VALUES.selector} in {epp.origin}" if epp.origin else "its --endpoint-selector"
        yield Notice("mixed-router", service.title, fact, f"narrow {place} to the pods of this ModelService")


def _fronts(
    service: ModelService, selecting: Sequence[tuple[str, Object]], specs: Mapping[Ref, Sequence[Mapping[str, Any]]]
) -> Iterator[ServicePort]:
    """Yield the Services among those that select exactly the pods of a service, with a port that the pods serve."""
    if _HALVES.intersection(service.roles):
        return
    pods = [spec for template in service.templates for spec in specs.get(template.owner, ())]
    containers = [container for pod in pods for container in containers_of(pod)]
    for namespace, front in selecting:
        if may_be_same(namespace, service.namespace):
            serving = (number for number, reached, _ in reached_ports(front, containers) if reached in service.ports)
            yield from (ServicePort(service.namespace, name_of(front), number) for number in serving)


def _belongs_to_pool(service: Object) -> bool:
    """Return whether a gateway created a Service for an InferencePool."""
    return any(text(owner, "kind") == "InferencePool" for owner in items(service, "metadata", "ownerReferences"))
