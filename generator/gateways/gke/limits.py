"""What GKE does not support: InferencePools and extensions in some classes, and in other namespaces. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.plan import Attachment

# https://cloud.google.com/kubernetes-engine/docs/concepts/about-gke-inference-gateway
_CLASSES: Final = ("gke-l7-regional-external-managed", "gke-l7-rilb")


def gke_limits(attachment: Attachment, draft: Draft) -> Iterator[str]:
    """Yield an error for a class without InferencePools and extensions, and for InferencePools of other namespaces."""
    pools = [backend.target for backend in draft.backends if backend.port is None]
    gateway_class = attachment.gateway.gateway_class if attachment.gateway else None
    if gateway_class is not None and gateway_class not in _CLASSES and (pools or draft.carrier.kind != "none"):
        fact = f"class {gateway_class} supports neither InferencePools nor GCPRoutingExtensions"
        yield f"{attachment.ref}: {fact}; use a Gateway of class {' or '.join(_CLASSES)}"
    for namespace in sorted({pool.namespace for pool in pools} - {attachment.ref.namespace}):
        names = ", ".join(sorted(pool.name for pool in pools if pool.namespace == namespace))
        fact = f"GKE routes only to InferencePools in its namespace, and {names} would be in {namespace}"
        yield f"{attachment.ref}: {fact}; use a Gateway in {namespace}, or select services with -n"
