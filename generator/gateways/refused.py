"""Implementations that do not route to InferencePools, only to Services."""

from typing import Final

from .implementation import Implementation

_OTHERS: Final = "agentgateway, istio and Envoy Gateway with Envoy AI Gateway do"

KGATEWAY = Implementation(
    name="kgateway",
    title="kgateway",
    controllers=("kgateway.dev/kgateway",),
    classes=("kgateway",),
    poolless="kgateway no longer routes to InferencePools (a Gateway of class agentgateway does)",
)
ISTIO_AGENTGATEWAY = Implementation(
    name="istio-agentgateway",
    title="agentgateway of istio",
    controllers=("istio.io/agentgateway-controller",),
    classes=("istio-agentgateway",),
    poolless="istio's agentgateway class does not route to InferencePools (class istio does)",
)
TRAEFIK = Implementation(
    name="traefik",
    title="Traefik",
    # https://github.com/traefik/traefik/issues/11902
    timeouts="none",
    controllers=("traefik.io/gateway-controller",),
    classes=("traefik",),
    poolless=f"Traefik does not route to InferencePools ({_OTHERS})",
)
CONTOUR = Implementation(
    name="contour",
    title="Contour",
    controllers=("projectcontour.io/gateway-controller",),
    classes=("contour",),
    poolless=f"Contour does not route to InferencePools ({_OTHERS})",
)
KONG = Implementation(
    name="kong",
    title="Kong",
    controllers=("konghq.com/kic-gateway-controller", "konghq.com/gateway-operator"),
    classes=("kong",),
    poolless=f"Kong does not route to InferencePools ({_OTHERS})",
)
