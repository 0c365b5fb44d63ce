"""Existing AgentgatewayPolicies: their targets, and those that change requests before routing. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.gateways.implementation import Draft
from llmd_routes.gateways.policy_attachment import read_attached, read_parents
from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import mapping, text
from llmd_routes.model.inventory import Policy
from llmd_routes.model.plan import Attachment

GROUP: Final = "agentgateway.dev"
POLICY: Final = "AgentgatewayPolicy"
MODEL: Final = "AgentgatewayModel"
_BEFORE: Final = "PreRouting"


def read_policies(objects: Objects) -> Iterator[Policy]:
    """Yield the policies with their targets, and the models with their parents."""
    yield from read_attached(objects, POLICY, GROUP)
    yield from read_parents(objects, MODEL, GROUP)


def other_transformations(attachment: Attachment, draft: Draft) -> Iterator[str]:
    """Yield an error for each foreign policy that transforms requests of the Gateway before routing.

    agentgateway applies only one of them, and does not report that.
    """
    for policy in draft.policies:
        if policy.ref.kind != POLICY or policy.instance == draft.route_set.instance:
            continue
        traffic = mapping(policy.spec, "traffic")
        is_early = text(traffic, "phase") == _BEFORE and bool(mapping(traffic, "transformation"))
        if is_early and policy.ref.namespace == attachment.ref.namespace and _selects(policy, attachment):
            fact = f"transforms requests of {attachment.ref} before routing, and only one such policy has an effect"
            yield f"{policy.ref}: {fact}; merge it with the generated policy, or pass --body-to-header none"


def _selects(policy: Policy, attachment: Attachment) -> bool:
    """Return whether a policy may apply to the listeners of the routes, or to a ListenerSet of the namespace."""
    gateway = f"Gateway/{attachment.ref.name}"
    listeners = f"{gateway}/{attachment.section or ''}"
    return any(
        target in (gateway, "Gateway/*", listeners)
        or target.startswith("ListenerSet/")
        or (not attachment.section and target.startswith(listeners))
        for target in policy.targets
    )
