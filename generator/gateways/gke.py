"""GKE Gateway: routes to InferencePools by headers. Not tried, for lack of a cluster."""

from .implementation import Implementation

GKE = Implementation(
    name="gke",
    controllers=("networking.gke.io/gateway",),
    classes=("gke-l7-*",),
    caution=(
        "its load balancer probes GET / of the pods by default, engines answer 404, and clients get 503;"
        " these routes were never run on GKE",
        "add a HealthCheckPolicy with path /health for each InferencePool (provider.name=gke in the pool's chart)",
    ),
)
