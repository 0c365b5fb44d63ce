"""Existing objects of Envoy Gateway that emitted ones can conflict with. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.gateways.policy_attachment import read_attached
from llmd_routes.kube.index import Objects
from llmd_routes.model.inventory import Policy

GROUP: Final = "gateway.envoyproxy.io"
CLIENT: Final = "ClientTrafficPolicy"
EXTENSION: Final = "EnvoyExtensionPolicy"
SECURITY: Final = "SecurityPolicy"
FILTER: Final = "HTTPRouteFilter"


def read_policies(objects: Objects) -> Iterator[Policy]:
    """Yield the policies with their targets, and the filters of routes."""
    for kind in (CLIENT, EXTENSION, SECURITY, FILTER):
        yield from read_attached(objects, kind, GROUP)
