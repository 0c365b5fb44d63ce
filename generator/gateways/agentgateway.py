"""agentgateway: routes to InferencePools by headers."""

from .implementation import Implementation

AGENTGATEWAY = Implementation(
    name="agentgateway",
    controllers=("agentgateway.dev/agentgateway", "kgateway.dev/agentgateway"),
    classes=("agentgateway", "agentgateway-v2"),
    beside_gateway=True,
)
