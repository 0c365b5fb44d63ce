"""Find Gateways that read larger bodies than an endpoint picker accepts. Pure.

A filter in the gateway, or a service that is asked over HTTP, passes a whole body on in one gRPC message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.gateways.emitted_settings import settings_of_service
from llmd_routes.kube.objects import Ref
from llmd_routes.model.explanation import Destination
from llmd_routes.model.findings import Finding
from llmd_routes.model.inventory import Epp
from llmd_routes.quantities import shown_size


def judge_body_limits(door: Door, destinations: Iterable[Destination], around: Surroundings) -> Iterator[Finding]:
    """Yield a finding for each endpoint picker whose messages are smaller than the bodies that a Gateway reads."""
    limit = _limit_of(door, around)
    if limit is None or door.implementation.streams:
        return
    pickers = {Ref(epp.pool_namespace, "Service", epp.service): epp for epp in around.inventory.epps if epp.service}
    for destination in destinations:
        epp = pickers.get(destination.picker) if destination.picker is not None else None
        if epp is not None and limit > epp.message_limit:
            yield _finding(door, limit, epp)


def _limit_of(door: Door, around: Surroundings) -> int | None:
    """Return the largest body that generated policies read in one piece, in bytes; None if nothing does."""
    policies = around.inventory.policies
    readings = list(
        door.implementation.body_readings(
            door.ref, policies, lambda service: settings_of_service(service, around.objects)
        )
    )
    readings += [door.proxy.reading] if door.proxy is not None and door.proxy.reading is not None else []
    limits = [
        reading.settings.body_limit
        for reading in readings
        if reading.settings is not None and reading.kind != "ext-proc"
    ]
    return max(limits, default=None)


def _finding(door: Door, limit: int, epp: Epp) -> Finding:
    accepted = shown_size(epp.message_limit)
    where = f"{epp.workload}" if epp.origin is None else f"{epp.workload} in {epp.origin}"
    return Finding(
        "warning",
        "body-limit",
        str(epp.workload),
        "--grpc-max-recv-msg-size",
        f"it accepts messages of {accepted}, and {door.ref} reads bodies of {shown_size(limit)}",
        f"requests with a body of more than {accepted} get 500, or their pods are chosen without the endpoint picker",
        f"run llmd-routes generate again, or raise --grpc-max-recv-msg-size of {where}",
    )
