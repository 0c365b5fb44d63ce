"""Read the objects of an instance from a cluster, and those with the names of new ones, for a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llmd_routes.errors import ClusterError
from llmd_routes.kinds import EMITTED, identity, without_managed_fields
from llmd_routes.kube.objects import Object, group_of, kind_of, name_of, namespace_of
from llmd_routes.names import INSTANCE
from llmd_routes.notices import Notice

from .cluster import ServedKind, list_kind, served_kinds
from .connection import Connection
from .permissions import Forbidden


@dataclass(frozen=True, slots=True)
class Live:
    """Objects of a cluster, and notices about unreadable ones."""

    objects: tuple[Object, ...]
    notices: tuple[Notice, ...]


def read_emitted(
    connection: Connection, instance: str, desired: Sequence[Object], namespaces: Sequence[str] = ()
) -> Live:
    """Return the objects of an instance, and other objects with the names of desired ones.

    With `namespaces`, only these and those of desired objects are read. Raises ClusterError if the user may not list a
    desired kind, or the server does not respond. If another kind may not be listed, it is unknown which of its objects
    are removed: a notice.
    """
    objects: list[Object] = []
    notices: list[Notice] = []
    places = tuple(sorted({*namespaces, *(namespace_of(obj) or "" for obj in desired)}))
    for served in served_kinds(connection, EMITTED):
        kind = served.kind
        wanted = [obj for obj in desired if (group_of(obj), kind_of(obj)) == (kind.group, kind.kind)]
        try:
            found, notice = _of_instance(connection, served, instance, places, is_limited=bool(namespaces))
            objects += found + _of_names(connection, served, wanted, found)
        except Forbidden as refused:
            if wanted:
                fact = f"{kind.resource}: may not be listed: {refused}; grant list on it (manifests/clusterrole.yaml)"
                raise ClusterError(fact) from None
            fact = f"may not be listed, so objects that would be removed are not shown: {refused}"
            notice = Notice("not-listed", kind.resource, fact, "grant list on it")
        notices += [notice] if notice else []
    return Live(tuple(map(without_managed_fields, objects)), tuple(notices))


def _of_instance(
    connection: Connection, served: ServedKind, instance: str, places: Sequence[str], *, is_limited: bool
) -> tuple[list[Object], Notice | None]:
    """List a kind by the instance label: in all namespaces, or if that is not wanted or not allowed, in some."""
    query = {"labelSelector": f"{INSTANCE}={instance}"}
    try:
        if not is_limited:
            return list_kind(connection, served, "", query), None
    except Forbidden:
        pass
    found = [obj for place in places for obj in list_kind(connection, served, f"/namespaces/{place}", query)]
    if is_limited:
        return found, None
    fact = f"may be listed in {', '.join(places)} only, so objects that would be removed elsewhere are not shown"
    return found, Notice("not-listed", served.kind.resource, fact, "grant list on it in all namespaces")


def _of_names(
    connection: Connection, served: ServedKind, wanted: Sequence[Object], found: Sequence[Object]
) -> list[Object]:
    known = {identity(obj) for obj in found}
    return [
        obj
        for one in wanted
        if identity(one) not in known
        for obj in list_kind(
            connection, served, f"/namespaces/{namespace_of(one)}", {"fieldSelector": f"metadata.name={name_of(one)}"}
        )
    ]
