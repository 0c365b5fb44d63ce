"""The policies of GKE: their kinds, the existing ones, and which objects these apply to. Pure, no I/O.

Source: https://googlecloudplatform.github.io/gke-gateway-api
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.gateways.implementation import Draft
from llmd_routes.gateways.policy_attachment import read_attached
from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Policy

GROUP: Final = "networking.gke.io"
EXTENSION: Final = "GCPRoutingExtension"
HEALTH: Final = "HealthCheckPolicy"
BACKEND: Final = "GCPBackendPolicy"


def read_policies(objects: Objects) -> Iterator[Policy]:
    """Yield the existing policies, by kind."""
    for kind in (EXTENSION, HEALTH, BACKEND):
        yield from read_attached(objects, kind, GROUP)


def foreign_policies(draft: Draft, kind: str, target: Ref) -> Iterator[Policy]:
    """Yield the policies of other owners that apply to an object; a policy applies only within its namespace."""
    for policy in draft.policies:
        is_near = policy.ref.kind == kind and policy.ref.namespace == target.namespace
        if is_near and policy.instance != draft.route_set.instance and f"{target.kind}/{target.name}" in policy.targets:
            yield policy
