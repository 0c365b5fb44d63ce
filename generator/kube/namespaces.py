"""Give every object a namespace: its own, the one asked for, or the one that the input's other objects name.

`helm template` and `kubectl kustomize` print many objects without one, beside pools and EPPs that carry it. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from llmd_routes.errors import InputError
from llmd_routes.names import GATEWAY, POOL_GROUPS

from .kinds import COMMON
from .objects import Object, group_of, kind_of, mapping, name_of, namespace_of

# Returns the effective namespace of an object, or "" if it is unknown.
NamespaceOf = Callable[[Object], str]
_CLUSTER_SCOPED = frozenset(read.kind for read in COMMON if not read.namespaced)


@dataclass(frozen=True, slots=True)
class Scope:
    """The selected namespaces (`-n`; empty for all), and whether an assumed namespace counts as known."""

    namespaces: tuple[str, ...] = ()
    assume: bool = False


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The namespaces of the objects of one input.

    `assumed` is the namespace of objects without one, None if unknown. `named` are the namespaces of Gateways, pools
    and EPPs, or else those of all objects: the candidates for an assumption.
    """

    assumed: str | None
    named: tuple[str, ...]
    assume: bool

    def of(self, obj: Object) -> str:
        """Return the effective namespace of an object, empty if unknown."""
        if kind_of(obj) in _CLUSTER_SCOPED:
            return ""
        return namespace_of(obj) or self.assumed or ""

    def certain(self, obj: Object) -> str | None:
        """Return the namespace of an object if it is known and not merely assumed."""
        return namespace_of(obj) or (self.assumed if self.assume else None)


def stamped(objects: Sequence[Object], scope: Scope) -> list[Object]:
    """Return the objects with the single selected namespace (`-n`) set on those without one."""
    if len(scope.namespaces) != 1:
        return list(objects)
    return [_with_namespace(o, scope.namespaces[0]) if _bare(o) else o for o in objects]


def _bare(obj: Object) -> bool:
    return namespace_of(obj) is None and kind_of(obj) not in _CLUSTER_SCOPED


def _with_namespace(obj: Object, namespace: str) -> Object:
    return {**obj, "metadata": {**mapping(obj, "metadata"), "namespace": namespace}}


def read_namespaces(objects: Sequence[Object], scope: Scope, epps: Iterable[Object]) -> Namespaces:
    """Find the namespace of objects without one.

    `epps` are the workloads that are endpoint pickers. Raises InputError if several namespaces are selected and an
    object has none.
    """
    bare = [o for o in objects if _bare(o)]
    if len(scope.namespaces) > 1 and bare:
        named = ", ".join(sorted({f"{kind_of(o)} {name_of(o)}" for o in bare})[:3])
        raise InputError(
            f"{named}: no namespace in the manifest, and -n names {len(scope.namespaces)};"
            " pass one -n, or set metadata.namespace"
        )
    tellers = [o for o in objects if group_of(o) == GATEWAY and kind_of(o) == "Gateway"]
    tellers += [o for o in objects if group_of(o) in POOL_GROUPS and kind_of(o) == "InferencePool"]
    tellers += epps
    # If none of these names a namespace, use all other sources.
    tellers = tellers if any(map(namespace_of, tellers)) else [o for o in objects if kind_of(o) not in _CLUSTER_SCOPED]
    named_by = tuple(sorted({ns for o in tellers if (ns := namespace_of(o))}))
    return Namespaces(
        assumed=named_by[0] if len(named_by) == 1 and bare else None,
        named=named_by,
        assume=scope.assume,
    )


def may_be_same(one: str, other: str) -> bool:
    """Return whether two effective namespaces may be the same; an unknown one may be any."""
    return one == other or not one or not other
