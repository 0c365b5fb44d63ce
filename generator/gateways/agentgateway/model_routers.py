"""AgentgatewayModels on the same Gateway: agentgateway routes requests to them by the model of the body. Pure, no I/O.

Source: https://agentgateway.dev/docs/kubernetes/latest/llm/models/ (release 1.6)
"""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways.implementation import Draft
from llmd_routes.gateways.policy_attachment import is_parent
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice

from .policies import MODEL


def model_routers(attachment: Attachment, draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each AgentgatewayModel of a Gateway.

    Its listener gets a route with exact paths such as /v1/chat/completions, which take precedence over prefixes.
    """
    for policy in draft.policies:
        if policy.ref.kind == MODEL and is_parent(attachment, policy):
            fact = (
                f"agentgateway routes requests of {attachment.ref} to it by the model of the body, on exact paths such"
                " as /v1/chat/completions, which take precedence over these routes"
            )
            fix = "use another listener for one of them: pass --listener, or set sectionName in its parentRefs"
            yield Notice("second-reader", str(policy.ref), fact, fix)
