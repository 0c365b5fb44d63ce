"""Check whether existing endpoint pickers can be reached: their pods, and the port that their pool names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.inventory import Epp, Pool
from llmd_routes.notices import Notice


def unreachable_pickers(draft: Draft, epps: Iterable[Epp]) -> Iterator[Notice]:
    """Yield a warning for each picker without pods, and for each existing pool that names a wrong port of a picker.

    `epps` are all pickers of the input: those of stand-alone routers are behind Services.
    """
    pickers = {backend.epp.workload: backend.epp for backend in draft.backends if backend.epp is not None}
    routers = {backend.keyed.service.router for backend in draft.backends if backend.port is not None}
    pickers |= {epp.workload: epp for epp in epps if epp.router and epp.router in routers}
    for ref in sorted(pickers):
        if pickers[ref].is_stopped:
            whose = "behind its proxy" if pickers[ref].router in routers else "for its pool"
            fact = f"has replicas: 0, so no endpoint picker answers {whose}"
            origin = pickers[ref].origin
            fix = f"set replicas to 1 in {origin}" if origin else "set spec.replicas to 1"
            yield Notice("picker-unreachable", str(ref), fact, fix)
    for backend in draft.backends:
        if backend.there is not None and backend.epp is not None:
            yield from _wrong_port(backend.there, backend.epp)


def _wrong_port(pool: Pool, epp: Epp) -> Iterator[Notice]:
    if not epp.ports or epp.service != pool.epp:
        return
    named = next((port for port in epp.ports if port.number == pool.epp_port), None)
    if named is None:
        fact = f"names port {pool.epp_port} of Service {epp.service}, which has no such port"
    elif named.is_grpc is False:
        fact = f"names port {pool.epp_port} of Service {epp.service}, which does not target the picker's gRPC port"
    else:
        return
    right = next((port.number for port in epp.ports if port.is_grpc), None)
    fix = f"set spec.endpointPickerRef.port.number to {right}"
    if right is None:
        fix = f"add the gRPC port of {epp.workload} to Service {epp.service}"
    elif pool.origin:
        fix = f"set the port of the endpoint picker to {right} in {pool.origin}"
    yield Notice("picker-unreachable", str(pool.ref), fact, fix)
