"""GKE Gateway: routes to InferencePools by headers. Not tried, for lack of a cluster."""

from .implementation import Implementation

GKE = Implementation(
    name="gke",
    controllers=("networking.gke.io/gateway",),
    classes=("gke-l7-*",),
    caution=("these routes were never tried on a GKE Gateway", "check that unknown engines are answered 500"),
)
