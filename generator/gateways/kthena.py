"""kthena's router: routes to InferencePools by headers, and reads the model of a body itself. Not tried."""

from .implementation import Implementation

KTHENA = Implementation(
    name="kthena",
    controllers=("volcano.sh/kthena-router",),
    classes=("kthena-router",),
    caution=(
        "kthena's router reads the model from bodies itself, and answers /v1/models itself; these routes were never run"
        " on it",
        "send both headers from clients, and pass no --image for a models server",
    ),
)
