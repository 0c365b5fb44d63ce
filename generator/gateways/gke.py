"""GKE Gateway: routes to InferencePools by headers. Not tried, for lack of a cluster."""

from .implementation import Implementation

GKE = Implementation(
    name="gke",
    controllers=("networking.gke.io/gateway",),
    classes=("gke-l7-*",),
    caution=(
        "its load balancer checks GET / of the pods by default, which engines answer with 404, so requests get 503;"
        " and these routes were never run on GKE",
        "add a HealthCheckPolicy with path /health for each InferencePool (provider.name=gke in the pool's chart)",
    ),
)
