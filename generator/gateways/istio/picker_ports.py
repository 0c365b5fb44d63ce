"""Check that istio speaks HTTP/2 to endpoint pickers, as gRPC needs: it follows the name of the Service port. Pure.

Source: https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.inventory import EppPort
from llmd_routes.notices import Notice

# Protocols for which istio speaks HTTP/2.
_HTTP2: Final = ("grpc", "grpc-web", "http2", "kubernetes.io/h2c")


def pickers_without_http2(draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each picker whose Service port has a name or protocol for which istio does not use HTTP/2."""
    reported = set()
    for backend in draft.backends:
        epp = backend.epp
        if epp is None or backend.planned_epp is not None:
            continue
        number = backend.there.epp_port if backend.there else epp.port
        port = next((each for each in epp.ports if each.number == number), None)
        service = f"Service {epp.workload.namespace}/{epp.service}"
        if port is None or speaks_http2(port) or service in reported:
            continue
        reported.add(service)
        shown = f"appProtocol {port.app_protocol}" if port.app_protocol else f"the name {port.name or '(none)'}"
        fact = f"port {number} has {shown}, for which istio does not speak HTTP/2, so it cannot ask the endpoint picker"
        place = f", in {epp.origin}" if epp.origin else ""
        yield Notice("picker-unreachable", service, fact, f"set appProtocol: kubernetes.io/h2c on that port{place}")


def speaks_http2(port: EppPort) -> bool:
    """Return whether istio speaks HTTP/2 to a Service port."""
    name = (port.app_protocol or port.name).lower()
    return name in _HTTP2 or name.startswith("grpc-web") or name.partition("-")[0] in _HTTP2
