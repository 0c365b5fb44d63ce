"""Implementations that do not route to InferencePools, only to Services."""

from .implementation import Implementation

KGATEWAY = Implementation(
    name="kgateway",
    controllers=("kgateway.dev/kgateway",),
    classes=("kgateway",),
    poolless="kgateway no longer routes to InferencePools (a Gateway of class agentgateway does)",
)
ISTIO_AGENTGATEWAY = Implementation(
    name="istio-agentgateway",
    controllers=("istio.io/agentgateway-controller",),
    classes=("istio-agentgateway",),
    poolless="istio's agentgateway class does not route to InferencePools (class istio does)",
)
