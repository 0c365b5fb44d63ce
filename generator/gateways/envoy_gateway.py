"""Envoy Gateway: routes to InferencePools by headers, with the AI Gateway extension."""

from .implementation import Implementation

ENVOY_GATEWAY = Implementation(
    name="envoy-gateway",
    # https://github.com/envoyproxy/ai-gateway/issues/2231
    weightless="Envoy AI Gateway supports one InferencePool per rule",
    controllers=("gateway.envoyproxy.io/gatewayclass-controller",),
    classes=("eg", "envoy-gateway", "envoy-ai-gateway*"),
    caution=(
        "Envoy Gateway routes to InferencePools only with the Envoy AI Gateway extension",
        "install the extension, with InferencePool in its backendResources",
    ),
)
