"""Decide the Service behind each ModelService, for routes without InferencePools. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.errors import Problems
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Inventory, ModelService
from llmd_routes.model.plan import Backend, Keyed
from llmd_routes.names import STANDALONE_CHART
from llmd_routes.notices import Notice
from llmd_routes.problems import Problem


def service_backends(services: Sequence[Keyed], inventory: Inventory, reason: str, problems: Problems) -> list[Backend]:
    """Return the Service of each ModelService, in order, and add an error for every one without a Service.

    A stand-alone router takes precedence over a plain Service, because its endpoint picker chooses the pod. `reason` is
    why the routes reference Services.
    """
    return problems.sift(_backend(keyed, inventory, reason) for keyed in services)


def service_notices(backends: Sequence[Backend]) -> Iterator[Notice]:
    """Yield a notice for each plain Service."""
    for backend in backends:
        service = backend.keyed.service
        if backend.port is not None and service.router is None:
            fact = f"{backend.target} distributes its requests, without an endpoint picker that knows caches and load"
            fix = f"install the chart {STANDALONE_CHART} for it, or use a gateway that supports InferencePools"
            yield Notice("without-picker", service.title, fact, fix)


def _backend(keyed: Keyed, inventory: Inventory, reason: str) -> Backend | str | Problem:
    service = keyed.service
    port = service.router or service.front
    if port is None:
        return _missing(service, inventory, reason)
    if service.router is None and service.scheme == "https":
        return (
            f"{service.title}: its pods serve TLS, and the gateway connects to Service {port.name} without TLS;"
            " serve plain HTTP"
        )
    return Backend(keyed, Ref(port.namespace, "Service", port.name), "", port=port.port)


def _missing(service: ModelService, inventory: Inventory, reason: str) -> Problem:
    """Return the error that no Service leads to exactly the pods of a ModelService."""
    mixed = [notice for notice in inventory.notices if notice.code == "mixed-router" and notice.object == service.title]
    if mixed:
        return mixed[0].problem
    alone = [epp for epp in inventory.epps if epp.service == service.epp and epp.endpoints]
    if service.epp and alone:
        fact = f"no Service in the input selects the proxy of {alone[0].workload}"
        return Problem(service.title, fact, "add the Service of its stand-alone router")
    fact = f"no stand-alone router and no Service selects exactly its pods, and routes reference Services: {reason}"
    fix = f"install the chart {STANDALONE_CHART} for it, or create a Service that selects its pods"
    return Problem(service.title, fact, fix)
