"""Envoy Gateway: routes to InferencePools with the AI Gateway extension, else to Services; by headers."""

from __future__ import annotations

from typing import Final

from llmd_routes.model.inventory import Platform

from .implementation import Implementation

_OWN: Final = ".gateway.envoyproxy.io"
_EXTENSION: Final = ".aigateway.envoyproxy.io"


class _EnvoyGateway(Implementation):
    """What differs from other implementations by more than facts."""

    def why_poolless(self, platform: Platform) -> str | None:
        """Return the reason if the CRDs of Envoy Gateway are in the input, and those of the extension are missing."""
        if any(crd.endswith(_OWN) for crd in platform.crds) and not any(c.endswith(_EXTENSION) for c in platform.crds):
            return "Envoy Gateway does not route to InferencePools without the Envoy AI Gateway extension"
        return None


ENVOY_GATEWAY = _EnvoyGateway(
    name="envoy-gateway",
    # https://github.com/envoyproxy/ai-gateway/issues/2231
    weightless="Envoy AI Gateway supports one InferencePool per rule",
    controllers=("gateway.envoyproxy.io/gatewayclass-controller",),
    classes=("eg", "envoy-gateway", "envoy-ai-gateway*"),
    caution=(
        "Envoy Gateway routes to InferencePools only with the Envoy AI Gateway extension",
        "install the extension, with InferencePool in its backendResources; or pass --backend service",
    ),
)
