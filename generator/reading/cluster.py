"""Read the objects of a live cluster as raw JSON lists, page by page; nothing is written.

In: a connection, and which namespaces. Out: a `Reading`. An answer that is not a list of the kind is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llmd_routes.errors import ClusterError
from llmd_routes.kinds import KINDS, in_order, without_managed_fields
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Object, mapping, text

from .connection import Answer, Connection
from .discovery import CHECK, JSON, served_versions, top_of, unhealthy
from .merge import Reading
from .permissions import Forbidden, Wanted, read_permitted
from .threads import run_all

_PAGE: Final = "500"
_RESTARTS: Final = 3
# The maximum number of pages of one list (five million objects).
_MOST_PAGES: Final = 10_000
_METADATA_LIST: Final = "PartialObjectMetadataList"
_METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
# The number of parallel lists and of pooled connections.
_LISTS: Final = 4


@dataclass(frozen=True, slots=True)
class ServedKind:
    """A kind, and the version of it that the server supports."""

    kind: ReadKind
    version: str

    def path(self, place: str) -> str:
        """Return the path of a list; `place` is `/namespaces/NS`, or empty for all."""
        return f"{top_of(self.kind.group, self.version)}{place}/{self.kind.plural}"

    @property
    def api_version(self) -> str:
        """Return the `apiVersion` of its objects."""
        return f"{self.kind.group}/{self.version}" if self.kind.group else self.version

    @property
    def accept(self) -> str:
        """Return the media types of its lists, by preference."""
        return _METADATA if self.kind.metadata_only else JSON


@dataclass(frozen=True, slots=True)
class Listed:
    """The objects of a complete list, and the resource version of it, from which changes can be watched."""

    objects: list[Object]
    version: str


def read_cluster(connection: Connection, wanted: Wanted) -> Reading:
    """List everything that the inventory uses; kinds that the server does not support are absent.

    Problems name the kinds that the user may not list and without which the result would be wrong. Raises ClusterError
    if the server does not respond, or responds incompletely.
    """
    served = served_kinds(connection, KINDS)
    listed = run_all(
        lambda each: read_permitted(each.kind, wanted, lambda namespaces: _places(connection, each, namespaces)),
        served,
        _LISTS,
    )
    objects = [without_managed_fields(obj) for each in listed for obj in each.value or ()]
    return Reading(
        in_order(objects),
        tuple(each.problem for each in listed if each.problem),
        tuple(sorted(each.notice for each in listed if each.notice)),
    )


def served_kinds(connection: Connection, kinds: Sequence[ReadKind]) -> list[ServedKind]:
    """Return the kinds that the server supports, in order. Raises ClusterError for an incomplete response."""
    versions = served_versions(connection, kinds)
    return [ServedKind(kind, versions[kind]) for kind in kinds if kind in versions]


def _places(connection: Connection, served: ServedKind, namespaces: Sequence[str]) -> tuple[Object, ...]:
    """List a kind in some namespaces, or in all if none is given."""
    places = [f"/namespaces/{namespace}" for namespace in namespaces] or [""]
    return tuple(obj for place in places for obj in list_kind(connection, served, place))


def list_kind(
    connection: Connection, served: ServedKind, place: str, selecting: Mapping[str, str] | None = None
) -> list[Object]:
    """Return all objects of a kind; arguments and errors are those of `read_list`."""
    return read_list(connection, served, place, selecting).objects


def read_list(
    connection: Connection, served: ServedKind, place: str, selecting: Mapping[str, str] | None = None
) -> Listed:
    """Return all objects of a kind; `place` is `/namespaces/NS`, or empty for all, and `selecting` the selectors.

    A list is a snapshot of the cluster; if its token expires between two pages (410), it starts again. Raises Forbidden
    if the user may not list it, ClusterError if the server does not return complete pages of the kind.

    Spec: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
    """
    for _ in range(_RESTARTS):
        pages = list(_pages(connection, served, place, selecting or {}))
        if pages[-1].status != 410:
            version = text(pages[0].body, "metadata", "resourceVersion") or ""
            return Listed([obj for page in pages for obj in _objects(page, served)], version)
    raise ClusterError(f"{served.kind.resource}: the list changed {_RESTARTS} times while it was read; try again")


def _pages(connection: Connection, served: ServedKind, place: str, selecting: Mapping[str, str]) -> Iterator[Answer]:
    """Yield the pages of a list, up to the last page, or to the response that its token has expired."""
    path = served.path(place)
    tokens: set[str] = set()
    token = ""
    for _ in range(_MOST_PAGES):
        query = {"limit": _PAGE, **selecting} | ({"continue": token} if token else {})
        answer = connection.get(path, query, served.accept)
        if answer.status == 403:
            raise Forbidden(text(answer.body, "message") or "forbidden")
        if answer.status != 410 and not _is_page(answer, served):
            raise unhealthy(connection, path, answer, f"{served.kind.kind}List")
        yield answer
        token = text(answer.body, "metadata", "continue") or ""
        if answer.status == 410 or not token:
            return
        if token in tokens:
            break
        tokens.add(token)
    raise ClusterError(f"{connection.where}: never ends the list {path}; {CHECK}")


def _is_page(answer: Answer, served: ServedKind) -> bool:
    """Return whether a response is a page of a list of a kind, and every item is an object with a name."""
    kind, body = served.kind, answer.body
    names = {f"{kind.kind}List": served.api_version, "List": served.api_version}
    if kind.metadata_only:
        names[_METADATA_LIST] = "meta.k8s.io/v1"
    name = text(body, "kind") or ""
    is_list = text(body, "apiVersion") == names.get(name, "")
    # The server writes null for empty metadata (seen on Kubernetes 1.36), and an empty list for no objects.
    listed = [] if name == _METADATA_LIST and "items" in body and body["items"] is None else body.get("items")
    return answer.status == 200 and is_list and isinstance(listed, list) and all(map(_is_object, listed))


def _is_object(item: object) -> bool:
    return isinstance(item, dict) and bool(text(mapping(item, "metadata"), "name"))


def _objects(page: Answer, served: ServedKind) -> Iterator[Object]:
    """Yield the objects of a page with version and kind, which the server sets on the list only."""
    for item in page.body["items"] or ():
        yield {**item, "apiVersion": served.api_version, "kind": served.kind.kind}
