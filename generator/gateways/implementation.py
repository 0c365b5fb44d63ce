"""What runs a Gateway, told from its GatewayClass: one row per implementation. Data and look-ups only, no I/O.

Controller names are those that the implementations document; the spec wants a class to be told by its controller
(https://gateway-api.sigs.k8s.io/api-types/gatewayclass/), because its name is the administrator's choice. Where the
GatewayClass is not among the input, the names that installers give it must do.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Final


@dataclass(frozen=True, slots=True)
class Implementation:
    """A row: how the GatewayClass tells it; why nothing is generated for it, if so; what a user must see to, if so."""

    name: str
    controllers: tuple[str, ...]
    classes: tuple[str, ...]
    refused: str | None = None
    caution: tuple[str, str] | None = None


ISTIO: Final = "istio"
AGENTGATEWAY: Final = "agentgateway"
ENVOY_GATEWAY: Final = "envoy-gateway"
GKE: Final = "gke"

IMPLEMENTATIONS: Final = (
    Implementation(
        ISTIO,
        ("istio.io/gateway-controller", "openshift.io/gateway-controller/v1"),
        ("istio", "openshift-default", "data-science-gateway-class"),
    ),
    Implementation(
        AGENTGATEWAY,
        ("agentgateway.dev/agentgateway", "kgateway.dev/agentgateway"),
        ("agentgateway", "agentgateway-v2"),
    ),
    Implementation(
        ENVOY_GATEWAY,
        ("gateway.envoyproxy.io/gatewayclass-controller",),
        ("eg", "envoy-gateway", "envoy-ai-gateway*"),
        caution=(
            "Envoy Gateway routes to InferencePools only with the Envoy AI Gateway extension",
            "install it, with InferencePool among its backendResources",
        ),
    ),
    Implementation(
        GKE,
        ("networking.gke.io/gateway",),
        ("gke-l7-*",),
        caution=("these routes were never tried on a GKE Gateway", "check that unknown engines are answered 500"),
    ),
    Implementation(
        "kgateway",
        ("kgateway.dev/kgateway",),
        ("kgateway",),
        refused="kgateway no longer routes to InferencePools; use a Gateway of class agentgateway",
    ),
    Implementation(
        "istio-agentgateway",
        ("istio.io/agentgateway-controller",),
        ("istio-agentgateway",),
        refused="istio's agentgateway class does not route to InferencePools; use a Gateway of class istio",
    ),
)


def implementation_of(class_name: str, controller: str | None) -> str | None:
    """Return the implementation of a GatewayClass by its controller, or by its name when that is not known."""
    for row in IMPLEMENTATIONS:
        if controller in row.controllers if controller else any(fnmatch(class_name, c) for c in row.classes):
            return row.name
    return None


def refusal(implementation: str) -> str | None:
    """Return why nothing is generated for an implementation, with the way out, or None when something is."""
    return next((row.refused for row in IMPLEMENTATIONS if row.name == implementation), None)


def caution(implementation: str) -> tuple[str, str] | None:
    """Return what a user of an implementation must see to, as fact and remedy, or None."""
    return next((row.caution for row in IMPLEMENTATIONS if row.name == implementation), None)
