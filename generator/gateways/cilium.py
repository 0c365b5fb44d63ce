"""Cilium: routes to InferencePools by headers, one in each HTTPRoute. Not tried."""

from .implementation import Implementation

CILIUM = Implementation(
    name="cilium",
    title="Cilium",
    controllers=("io.cilium/gateway-controller",),
    classes=("cilium",),
    caution=(
        "its support of InferencePools is a beta feature, and these routes were never run on Cilium",
        "check that the release of Cilium supports InferencePools; or pass --backend service",
    ),
    weightless="Cilium supports one InferencePool per HTTPRoute",
    one_pool_per_route=True,
)
