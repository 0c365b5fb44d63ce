"""AIGatewayRoutes on the same Gateway: Envoy AI Gateway reads bodies for the routes that it generates of them. Pure.

Source: internal/controller/ai_gateway_route.go of https://github.com/envoyproxy/ai-gateway
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from llmd_routes.gateways.implementation import BodyReader, Draft
from llmd_routes.gateways.policy_attachment import is_parent
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice

from .conflicts import selects
from .policies import AI_ROUTE, EXTENSION

# The header by which Envoy AI Gateway selects a route.
_HEADER: Final = "x-ai-eg-model"


def body_readers(attachment: Attachment, policies: Iterable[Policy]) -> Iterator[BodyReader]:
    """Yield the AIGatewayRoutes of a Gateway, and the EnvoyExtensionPolicies of other owners on it."""
    for policy in policies:
        if policy.ref.kind == AI_ROUTE and is_parent(attachment, policy):
            yield BodyReader(policy.ref, headers=frozenset((_HEADER,)))
        elif policy.ref.kind == EXTENSION and policy.instance is None and selects(policy, attachment):
            yield BodyReader(policy.ref)


def model_routes(attachment: Attachment, draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each AIGatewayRoute on a Gateway whose generated HTTPRoute is not in the input.

    The generated route has the same name, and a rule that matches every path without headers.
    """
    generated = {(route.ref.namespace, route.ref.name) for route in draft.foreign}
    for policy in draft.policies:
        is_seen = (policy.ref.namespace, policy.ref.name) in generated
        if policy.ref.kind == AI_ROUTE and is_parent(attachment, policy) and not is_seen:
            fact = f"Envoy AI Gateway reads bodies for it on {attachment.ref}, and routes them by {_HEADER}"
            fix = "use another hostname or Gateway for one of them, or remove the models of these routes from it"
            yield Notice("second-reader", str(policy.ref), fact, fix)
