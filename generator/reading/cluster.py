"""Reads the objects of a live cluster, as if they stood in files. Raw JSON lists, page by page; nothing is written.

In: a connection, and which namespaces. Out: a `Reading`. What could not be listed is never left out silently: a kind
that decides what is routed stops the run, any other is a notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from llmd_routes.errors import ClusterError
from llmd_routes.kinds import KINDS, in_order, without_managed_fields
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Object, items, text
from llmd_routes.notices import Notice

from .connection import Connection
from .merge import Reading

_PAGE: Final = "500"
_RESTARTS: Final = 3
_JSON: Final = "application/json"
_METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
# The client's pool keeps as many connections; a server answers one user's lists side by side.
_LISTS: Final = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read: `namespaces` of ModelServices, none for all; where Gateways may be; kinds one can do without."""

    namespaces: tuple[str, ...] = ()
    gateway_namespaces: tuple[str, ...] = ()
    allow_missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Listed:
    objects: tuple[Object, ...] = ()
    problem: str | None = None
    notice: Notice | None = None


class Forbidden(Exception):
    """The server does not let this user list; the message is the server's."""


def read_cluster(connection: Connection, wanted: Wanted) -> Reading:
    """List everything the inventory looks at; kinds that the server does not have are absent.

    Problems name the kinds that may not be listed and without which the result would be wrong. Raises ClusterError
    when the server does not answer.
    """
    with ThreadPoolExecutor(_LISTS) as pool:
        listed = list(pool.map(lambda kind: _kind(connection, kind, wanted), KINDS))
    objects = [without_managed_fields(obj) for one in listed for obj in one.objects]
    return Reading(
        in_order(objects),
        tuple(one.problem for one in listed if one.problem),
        tuple(sorted(one.notice for one in listed if one.notice)),
    )


def _kind(connection: Connection, kind: ReadKind, wanted: Wanted) -> _Listed:
    """List one kind where it is wanted, or where it may be listed."""
    narrow = tuple(dict.fromkeys((*wanted.namespaces, *wanted.gateway_namespaces)))
    places = wanted.namespaces if kind.namespaced and not kind.everywhere else ()
    try:
        return _Listed(_places(connection, kind, places))
    except Forbidden as refused:
        if not (kind.everywhere and kind.namespaced and narrow):
            return _refused(kind, str(refused), wanted)
    try:
        found = _places(connection, kind, narrow)
    except Forbidden as refused:
        return _refused(kind, str(refused), wanted)
    fact = f"may be listed in {', '.join(narrow)} only, so others were not seen"
    return _Listed(found, notice=Notice("not-listed", kind.resource, fact, "grant list on it in all namespaces"))


def _refused(kind: ReadKind, reason: str, wanted: Wanted) -> _Listed:
    if not kind.required:
        return _Listed(notice=Notice("not-listed", kind.resource, f"may not be listed: {reason}", "grant list on it"))
    if kind.kind in wanted.allow_missing:
        fact = f"may not be listed, and --allow-missing {kind.kind} accepts that: {reason}"
        return _Listed(notice=Notice("not-listed", kind.resource, fact, "what it decides may be wrong"))
    return _Listed(
        problem=f"{kind.resource}: may not be listed: {reason}; grant it (manifests/clusterrole.yaml),"
        f" or accept a result without it with --allow-missing {kind.kind}"
    )


def _places(connection: Connection, kind: ReadKind, namespaces: Sequence[str]) -> tuple[Object, ...]:
    """List a kind in some namespaces, or everywhere when there are none."""
    places = [f"/namespaces/{namespace}" for namespace in namespaces] or [""]
    return tuple(obj for place in places for obj in list_kind(connection, kind, place))


def list_kind(
    connection: Connection, kind: ReadKind, place: str, query: Mapping[str, str] | None = None
) -> list[Object]:
    """List a kind in its first version that the server has; `place` is `/namespaces/NS`, or empty for all.

    Everybody may ask what there is; a list of what is not there would be answered 403 to most. `query` selects.
    Raises Forbidden when it may not be listed, ClusterError when the server does not answer.
    """
    for version in kind.versions:
        top = f"/apis/{kind.group}/{version}" if kind.group else f"/api/{version}"
        served = connection.get(top, {}, _JSON)
        if any(text(entry, "name") == kind.plural for entry in items(served.body, "resources")):
            return _all_pages(connection, kind, f"{top}{place}/{kind.plural}", query or {})
    return []


def _all_pages(connection: Connection, kind: ReadKind, path: str, selecting: Mapping[str, str]) -> list[Object]:
    """Return all objects of a list; none of a kind that has just gone.

    A list is one moment of the cluster; when its token expires in between (410), it begins again.
    Spec: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
    """
    for _ in range(_RESTARTS):
        found: list[Object] = []
        token: str | None = ""
        while token is not None:
            query = {"limit": _PAGE, **selecting} | ({"continue": token} if token else {})
            answer = connection.get(path, query, _METADATA if kind.metadata_only else _JSON)
            if answer.status == 404:
                return []
            if answer.status == 403:
                raise Forbidden(text(answer.body, "message") or "forbidden")
            if answer.status == 410:
                break
            found += _items(answer.body, kind)
            token = text(answer.body, "metadata", "continue") or None
        else:
            return found
    raise ClusterError(f"{kind.resource}: the list changed {_RESTARTS} times while it was read; try again")


def _items(body: Mapping[str, Any], kind: ReadKind) -> Iterator[Object]:
    """Yield the objects of a page; a list names the version once, and its items do not."""
    version = text(body, "apiVersion") or ""
    if kind.metadata_only:
        version = f"{kind.group}/{kind.versions[0]}"
    for item in body.get("items") or []:
        yield {**item, "apiVersion": version, "kind": kind.kind}
