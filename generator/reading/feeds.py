"""Decide which lists of a cluster to follow: it requests one item of each, to see what may be listed where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llmd_routes.errors import ClusterError
from llmd_routes.kinds import KINDS
from llmd_routes.kube.objects import text
from llmd_routes.notices import Notice

from .cluster import ServedKind, served_kinds
from .connection import Connection
from .discovery import unhealthy
from .permissions import Forbidden, Wanted, read_permitted
from .threads import run_all

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Feed:
    """A list that changes: a kind, and `/namespaces/NS` or empty for all namespaces."""

    served: ServedKind
    place: str = ""

    def __str__(self) -> str:
        """Return the resource, and the namespace if it is in one only: `deployments.apps in llm`."""
        namespace = self.place.rpartition("/")[2]
        return f"{self.served.kind.resource} in {namespace}" if namespace else self.served.kind.resource


@dataclass(frozen=True, slots=True)
class Feeds:
    """The lists to follow, in the order of the kinds, and notices about those that may not be followed."""

    feeds: tuple[Feed, ...]
    notices: tuple[Notice, ...]


def find_feeds(connection: Connection, wanted: Wanted) -> Feeds:
    """Return the lists of all kinds that the inventory uses and the server supports.

    Raises ClusterError with all kinds that must be listed and may not be, or if the server responds incompletely.
    """
    found = run_all(
        lambda served: read_permitted(
            served.kind, wanted, lambda namespaces: _permitted(connection, served, namespaces), "list and watch"
        ),
        served_kinds(connection, KINDS),
        _AT_ONCE,
    )
    problems = [each.problem for each in found if each.problem]
    if problems:
        raise ClusterError(problems)
    return Feeds(
        tuple(feed for each in found for feed in each.value or ()),
        tuple(sorted(each.notice for each in found if each.notice)),
    )


def _permitted(connection: Connection, served: ServedKind, namespaces: Sequence[str]) -> list[Feed]:
    """Return the feeds of a kind in namespaces, empty for all. Raises Forbidden if one may not be listed."""
    feeds = [Feed(served, f"/namespaces/{namespace}") for namespace in namespaces] or [Feed(served)]
    for feed in feeds:
        path = served.path(feed.place)
        answer = connection.get(path, {"limit": "1"}, served.accept)
        if answer.status == 403:
            raise Forbidden(text(answer.body, "message") or "forbidden")
        if answer.status != 200:
            raise unhealthy(connection, path, answer, f"{served.kind.kind}List")
    return feeds
