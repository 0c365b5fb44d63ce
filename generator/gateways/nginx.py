"""NGINX Gateway Fabric: routes to InferencePools by headers. Not tried.

Bodies could be read before routing with https://github.com/nginx/nginx-gateway-fabric/issues/5737.
"""

from .implementation import Implementation

NGINX = Implementation(
    name="nginx",
    title="NGINX Gateway Fabric",
    controllers=("gateway.nginx.org/nginx-gateway-controller",),
    classes=("nginx",),
    retries=False,
    # https://github.com/nginx/nginx-gateway-fabric/issues/2164
    timeouts="none",
    caution=(
        "InferencePools must be enabled in its chart, it limits bodies to 1 MB and waits 60 seconds for data by"
        " default, and these routes were never run on it",
        "set nginxGateway.gwAPIInferenceExtension.enable=true, body.maxSize in a ClientSettingsPolicy, and timeout.read"
        " in a ProxySettingsPolicy",
    ),
)
