"""Existing AgentgatewayPolicies: their targets, and those that change requests before routing. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from llmd_routes.gateways.implementation import BodyReader, Draft
from llmd_routes.gateways.policy_attachment import is_parent, read_attached, read_parents
from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import items, mapping, text
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes_sidecar.owners import MODEL_HEADER

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
        if policy.instance != draft.route_set.instance and _transforms(policy, attachment):
            fact = f"transforms requests of {attachment.ref} before routing, and only one such policy has an effect"
            fix = "merge it with the generated policy, or pass --body-to-header none"
            if MODEL_HEADER in _set_headers(policy):
                fix += f" to use the {MODEL_HEADER} that it sets"
            yield f"{policy.ref}: {fact}; {fix}"


def other_authorizations(attachment: Attachment, draft: Draft) -> Iterator[str]:
    """Yield an error for each foreign policy with which the Gateway asks another service before routing.

    agentgateway asks only one of them, so clients could escape an authorization.
    """
    for policy in draft.policies:
        is_early = _acts_early(policy, attachment, "extAuth")
        if policy.instance != draft.route_set.instance and is_early:
            fact = f"asks a service about requests of {attachment.ref} before routing, and only one is asked"
            yield f"{policy.ref}: {fact}; pass --body-to-header in-gateway"


def body_readers(attachment: Attachment, policies: Iterable[Policy]) -> Iterator[BodyReader]:
    """Yield the policies of other owners that set headers before routing, and the AgentgatewayModels of a Gateway."""
    for policy in policies:
        if policy.instance is None and _transforms(policy, attachment) and (headers := _set_headers(policy)):
            yield BodyReader(policy.ref, headers=headers)
        elif policy.ref.kind == MODEL and is_parent(attachment, policy):
            yield BodyReader(policy.ref)


def _transforms(policy: Policy, attachment: Attachment) -> bool:
    """Return whether a policy transforms requests of a Gateway before routing."""
    return _acts_early(policy, attachment, "transformation")


def _acts_early(policy: Policy, attachment: Attachment, field: str) -> bool:
    """Return whether a policy has a field of `traffic` for requests of a Gateway before routing."""
    traffic = mapping(policy.spec, "traffic")
    is_early = text(traffic, "phase") == _BEFORE and bool(mapping(traffic, field))
    is_near = policy.ref.kind == POLICY and policy.ref.namespace == attachment.ref.namespace
    return is_early and is_near and _selects(policy, attachment)


def _set_headers(policy: Policy) -> frozenset[str]:
    entries = items(policy.spec, "traffic", "transformation", "request", "set")
    return frozenset(name.lower() for entry in entries if (name := text(entry, "name")))


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
