"""Existing objects of Envoy Gateway that emitted ones can conflict with. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.gateways.policy_attachment import read_attached, read_parents
from llmd_routes.kube.index import Objects
from llmd_routes.model.gateways import Policy

GROUP: Final = "gateway.envoyproxy.io"
CLIENT: Final = "ClientTrafficPolicy"
EXTENSION: Final = "EnvoyExtensionPolicy"
SECURITY: Final = "SecurityPolicy"
FILTER: Final = "HTTPRouteFilter"
AI_GROUP: Final = "aigateway.envoyproxy.io"
AI_ROUTE: Final = "AIGatewayRoute"


def read_policies(objects: Objects) -> Iterator[Policy]:
    """Yield the policies with their targets, the filters of routes, and the AIGatewayRoutes with their parents."""
    for kind in (CLIENT, EXTENSION, SECURITY, FILTER):
        yield from read_attached(objects, kind, GROUP)
    yield from read_parents(objects, AI_ROUTE, AI_GROUP)
