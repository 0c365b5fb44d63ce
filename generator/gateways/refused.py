"""Implementations that do not route to InferencePools."""

from .implementation import Implementation

KGATEWAY = Implementation(
    name="kgateway",
    controllers=("kgateway.dev/kgateway",),
    classes=("kgateway",),
    refused="kgateway no longer routes to InferencePools; use a Gateway of class agentgateway",
)
ISTIO_AGENTGATEWAY = Implementation(
    name="istio-agentgateway",
    controllers=("istio.io/agentgateway-controller",),
    classes=("istio-agentgateway",),
    refused="istio's agentgateway class does not route to InferencePools; use a Gateway of class istio",
)
