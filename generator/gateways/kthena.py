"""kthena's router: ignores the matches of HTTPRoutes that have headers, and routes by resources of its own.

Source: pkg/kthena-router/router/httproute_match.go, https://github.com/volcano-sh/kthena/issues/1474
"""

from .implementation import Implementation

KTHENA = Implementation(
    name="kthena",
    title="kthena",
    controllers=("volcano.sh/kthena-router",),
    classes=("kthena-router",),
    refused=(
        "kthena's router ignores the matches of HTTPRoutes that have headers (kthena#1474)",
        "use a Gateway of istio, agentgateway or Envoy Gateway, or define kthena's own ModelRoutes",
    ),
)
