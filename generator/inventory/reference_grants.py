"""Read ReferenceGrants: which routes may reference InferencePools in another namespace. Pure, no I/O.

Spec: https://gateway-api.sigs.k8s.io/reference/spec/, ReferenceGrantSpec.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from llmd_routes.kube.namespaces import NamespaceOf
from llmd_routes.kube.objects import Object, Ref, items, of_kind, text
from llmd_routes.names import GATEWAY


class Grant(NamedTuple):
    """Permission for HTTPRoutes in `source` to reference InferencePools in `target`; without a name, all of a group."""

    source: str
    target: str
    group: str
    pool: str | None


def read_grants(objects: Sequence[Object], namespace: NamespaceOf) -> tuple[Grant, ...]:
    """Return what ReferenceGrants allow HTTPRoutes to reference among InferencePools, in input order."""
    return tuple(
        Grant(text(source, "namespace") or "", namespace(grant), text(target, "group") or "", text(target, "name"))
        for grant in of_kind(list(objects), "ReferenceGrant", GATEWAY)
        for source in items(grant, "spec", "from")
        if (text(source, "group"), text(source, "kind")) == (GATEWAY, "HTTPRoute")
        for target in items(grant, "spec", "to")
        if text(target, "kind") == "InferencePool"
    )


def is_permitted(grants: Iterable[Grant], namespace: str | None, pool: Ref, group: str) -> bool:
    """Return whether an HTTPRoute in a namespace may reference an InferencePool of an API group."""
    if not namespace or not pool.namespace or namespace == pool.namespace:
        return True
    wanted = (namespace, pool.namespace, group)
    return any(grant[:3] == wanted and grant.pool in (None, "", pool.name) for grant in grants)
