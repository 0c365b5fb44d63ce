"""Find the stand-alone routers of llm-d: endpoint pickers with a proxy of their own, which clients call. Pure, no I/O.

Source: the charts llm-d-router-standalone and routerlib of https://github.com/llm-d/llm-d-router.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from llmd_routes.kube.objects import ServicePort, name_of
from llmd_routes.kube.services import Fronts, selecting
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.inventory import Epp
from llmd_routes.names import PROXY_LABEL
from llmd_routes.pods.proxies import client_port, proxy_container


def add_routers(epps: Iterable[Epp], workloads: Sequence[Workload], fronts: Fronts) -> list[Epp]:
    """Return the endpoint pickers, in order, each with the Service of its proxy if it has one.

    `fronts` are the Services of the input.
    """
    by_ref = {workload.ref: workload for workload in workloads}
    separate = [w for w in workloads if PROXY_LABEL in w.templates[0].labels]
    return [_with_router(epp, [by_ref[epp.workload], *_proxies_of(epp, separate)], fronts) for epp in epps]


def _with_router(epp: Epp, hosts: Sequence[Workload], fronts: Fronts) -> Epp:
    """Return an endpoint picker with the Service of the first proxy among the workloads that may contain it."""
    for workload in hosts:
        for port in _ports_of(workload, fronts):
            return replace(epp, router=port)
    return epp


def _proxies_of(epp: Epp, separate: Iterable[Workload]) -> Iterator[Workload]:
    """Yield the Deployments of an endpoint picker's proxy: the charts name both after the release."""
    stem = epp.workload.name.removesuffix("-epp")
    for workload in separate:
        name = workload.templates[0].labels[PROXY_LABEL].removesuffix("-proxy")
        if name == stem and workload.ref.namespace == epp.workload.namespace:
            yield workload


def _ports_of(workload: Workload, fronts: Fronts) -> Iterator[ServicePort]:
    """Yield the Services that reach the proxy of a workload, by name."""
    template = workload.templates[0]
    container = proxy_container(template.spec)
    if container is None:
        return
    for service in selecting(fronts, template.labels, workload.ref.namespace):
        port = client_port(service, container)
        if port is not None:
            yield ServicePort(workload.ref.namespace, name_of(service), port)
