"""Read back how emitted extensions make GKE read request bodies. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.gateways.implementation import Services
from llmd_routes.kube.objects import Ref, items, text
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.gateways import Policy

from .policies import EXTENSION


def body_readings(gateway: Ref, policies: Sequence[Policy], services: Services) -> Iterator[BodyReading]:
    """Yield the reading of each extension with an instance label that targets a Gateway."""
    for policy in policies:
        is_near = policy.ref.kind == EXTENSION and policy.ref.namespace == gateway.namespace
        if policy.instance is None or not is_near or f"Gateway/{gateway.name}" not in policy.targets:
            continue
        for chain in items(policy.spec, "extensionChains"):
            for extension in items(chain, "extensions"):
                name = text(extension, "backendRef", "name") or ""
                service = Ref(policy.ref.namespace, "Service", name)
                yield BodyReading(policy.ref, "ext-proc", service, services(service))
