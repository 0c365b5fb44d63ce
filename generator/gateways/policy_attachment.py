"""Read the targets of existing policies, and find those whose name a generated object needs. Pure, no I/O.

Spec: GEP-713, https://gateway-api.sigs.k8s.io/geps/gep-713/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Object, Ref, items, mapping, text
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.names import INSTANCE


def read_attached(objects: Objects, kind: str, group: str) -> Iterator[Policy]:
    """Yield the objects of a kind with their targets: `KIND/NAME`, `KIND/NAME/SECTION`, or `KIND/*` for a selector."""
    for obj in objects.of(kind, group):
        spec = mapping(obj, "spec")
        targets = tuple(dict.fromkeys(_targets(spec)))
        yield Policy(objects.ref(obj), targets, text(obj, "metadata", "labels", INSTANCE), spec)


def read_parents(objects: Objects, kind: str, group: str) -> Iterator[Policy]:
    """Yield the objects of a kind with their parents: `KIND/NAMESPACE/NAME/SECTION`, with an empty section for all."""
    for obj in objects.of(kind, group):
        ref, spec = objects.ref(obj), mapping(obj, "spec")
        parents = [
            "/".join(
                (
                    text(parent, "kind") or "Gateway",
                    text(parent, "namespace") or ref.namespace or "",
                    text(parent, "name") or "",
                    text(parent, "sectionName") or "",
                )
            )
            for parent in (*items(spec, "parentRefs"), *items(spec, "targetRefs"))
        ]
        yield Policy(ref, tuple(dict.fromkeys(parents)), text(obj, "metadata", "labels", INSTANCE), spec)


def is_parent(attachment: Attachment, policy: Policy) -> bool:
    """Return whether an object is attached to the Gateway of an attachment, on its listener or on all."""
    gateway = f"Gateway/{attachment.ref.namespace}/{attachment.ref.name}"
    section = attachment.listener.name if attachment.listener else attachment.section
    return any(
        target.rpartition("/")[0] == gateway and (not section or target.rpartition("/")[2] in ("", section))
        for target in policy.targets
    )


def taken_names(planned: Iterable[Ref], draft: Draft) -> Iterator[str]:
    """Yield an error for each existing object that has the name of a generated one, and another owner."""
    names = set(planned)
    for policy in draft.policies:
        if policy.ref in names and policy.instance != draft.route_set.instance:
            yield f"{policy.ref}: already exists and belongs to another instance; pass another --instance"


def _targets(spec: Object) -> Iterator[str]:
    for target in (*items(spec, "targetRefs"), mapping(spec, "targetRef")):
        if target:
            section = text(target, "sectionName")
            yield "/".join((text(target, "kind") or "", text(target, "name") or "", *([section] if section else [])))
    for selector in items(spec, "targetSelectors"):
        yield f"{text(selector, 'kind') or ''}/*"
