"""Existing istio objects that can conflict with emitted ones: DestinationRules and EnvoyFilters. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Object, Ref, items, mapping, text
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.names import GATEWAY_NAME, INSTANCE

GROUP: Final = "networking.istio.io"
FILTER: Final = "EnvoyFilter"
RULE: Final = "DestinationRule"


def read_policies(objects: Objects) -> Iterator[Policy]:
    """Yield DestinationRules with their host, and EnvoyFilters with the Gateways that they select by name."""
    for rule in objects.of(RULE, GROUP):
        yield Policy(objects.ref(rule), (text(rule, "spec", "host") or "",), _instance(rule), mapping(rule, "spec"))
    for one in objects.of(FILTER, GROUP):
        yield Policy(objects.ref(one), tuple(dict.fromkeys(_selected(one))), _instance(one), mapping(one, "spec"))


def other_filters(attachment: Attachment, policies: Iterable[Policy], instance: str, ours: Ref | None) -> Iterator[str]:
    """Yield an error for each conflicting EnvoyFilter.

    An EnvoyFilter conflicts if another instance uses it for the same Gateway, or if it has the name of `ours`.
    """
    gateway = attachment.ref
    for policy in policies:
        if policy.ref.kind != FILTER or policy.instance == instance:
            continue
        selects = policy.ref.namespace == gateway.namespace and gateway.name in policy.targets
        if policy.instance is not None and selects:
            fact = f"already reads the requests of {gateway}, for instance {policy.instance}"
            yield f"{policy.ref}: {fact}; generate the routes of both as one instance, or use one Gateway for each"
        elif policy.ref == ours:
            fact = "already exists and belongs to another instance"
            yield f"{policy.ref}: {fact}; pass another --instance"


def selects(policy: Policy, gateway: Ref, root: str) -> bool:
    """Return whether an EnvoyFilter applies to a Gateway: by name, or without a selector from one of two namespaces."""
    if any(mapping(policy.spec, "workloadSelector")) or items(policy.spec, "targetRefs"):
        return policy.ref.namespace == gateway.namespace and gateway.name in policy.targets
    return policy.ref.namespace in (gateway.namespace, root)


def _instance(obj: Object) -> str | None:
    return text(obj, "metadata", "labels", INSTANCE)


def _selected(obj: Object) -> Iterator[str]:
    for target in items(obj, "spec", "targetRefs"):
        if text(target, "kind") == "Gateway" and (name := text(target, "name")):
            yield name
    if name := text(obj, "spec", "workloadSelector", "labels", GATEWAY_NAME):
        yield name
