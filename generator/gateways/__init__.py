"""The implementations of the Gateway API and their differences: one file or package each.

Nothing outside of this package names an implementation. To add one, write its file and add it to IMPLEMENTATIONS.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Final

from .agentgateway import AGENTGATEWAY
from .cilium import CILIUM
from .envoy import ENVOY
from .envoy_gateway import ENVOY_GATEWAY
from .gke import GKE
from .implementation import Implementation
from .istio import ISTIO
from .kthena import KTHENA
from .nginx import NGINX
from .refused import CONTOUR, ISTIO_AGENTGATEWAY, KGATEWAY, KONG, TRAEFIK

IMPLEMENTATIONS: Final[tuple[Implementation, ...]] = (
    ISTIO,
    AGENTGATEWAY,
    ENVOY_GATEWAY,
    GKE,
    NGINX,
    CILIUM,
    KTHENA,
    KGATEWAY,
    ISTIO_AGENTGATEWAY,
    TRAEFIK,
    CONTOUR,
    KONG,
    ENVOY,
)


def by_class(class_name: str, controller: str | None) -> Implementation | None:
    """Return the implementation of a GatewayClass by its controller, or by its name if the controller is unknown.

    The controller takes precedence, because administrators choose the name freely.

    Spec: https://gateway-api.sigs.k8s.io/api-types/gatewayclass/
    """
    for one in IMPLEMENTATIONS:
        if controller in one.controllers if controller else any(fnmatch(class_name, c) for c in one.classes):
            return one
    return None


def by_name(name: str) -> Implementation:
    """Return the implementation with this name. Raises KeyError for unknown names."""
    for one in IMPLEMENTATIONS:
        if one.name == name:
            return one
    raise KeyError(name)
