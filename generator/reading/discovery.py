"""Ask an API server which kinds and versions it serves. A partial answer is an error, never a missing kind.

Spec: https://kubernetes.io/docs/reference/using-api/api-concepts/#unaggregated-discovery
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from llmd_routes.errors import ClusterError
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import items, text

from .connection import Answer, Connection
from .threads import run_all

JSON: Final = "application/json"
# Groups that every API server has, with all of their kinds.
_ALWAYS: Final = ("", "apps")
# Groups whose kinds are part of the server: either all kinds exist or the group is missing.
_BUILT_IN: Final = (
    *_ALWAYS,
    "batch",
    "policy",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "apiextensions.k8s.io",
)
_GROUPS: Final = "/apis"
_AT_ONCE: Final = 4
CHECK: Final = "check that it is a healthy API server, and that no proxy answers in its place"

GroupVersion = tuple[str, str]


def served_versions(connection: Connection, kinds: Sequence[ReadKind]) -> dict[ReadKind, str]:
    """Return the first version of each kind that the server supports, without unsupported kinds.

    Raises ClusterError if the server responds incompletely, or its response changes meanwhile.
    """
    wanted = list(dict.fromkeys((kind.group, version) for kind in kinds for version in kind.versions))
    groups = _groups(connection)
    present = [each for each in wanted if each in groups or not each[0]]
    resources = dict(zip(present, run_all(lambda each: _resources(connection, each), present, _AT_ONCE), strict=True))
    if groups & set(wanted) != _groups(connection) & set(wanted):
        raise ClusterError(f"{connection.where}: its API groups changed while they were read; try again")
    found = {}
    for kind in kinds:
        versions = [version for version in kind.versions if kind.plural in resources.get((kind.group, version), ())]
        if versions:
            found[kind] = versions[0]
        elif _is_built_in(kind, groups):
            raise ClusterError(f"{connection.where}: discovery lacks the resource {kind.resource}; {CHECK}")
    return found


def top_of(group: str, version: str) -> str:
    """Return the path of the resources of a group's version."""
    return f"{_GROUPS}/{group}/{version}" if group else f"/api/{version}"


def unhealthy(connection: Connection, path: str, answer: Answer, expected: str) -> ClusterError:
    """Return the error for a response that Kubernetes does not send for a path."""
    if answer.status == 403:
        reason = text(answer.body, "message") or "forbidden"
        remedy = "grant the ClusterRole system:discovery"
        return ClusterError(f"{connection.where}: {path} may not be read: {reason}; {remedy}")
    kind = text(answer.body, "kind")
    fact = f"answers {answer.status}" + (f" ({kind})" if kind else "")
    return ClusterError(f"{connection.where}: {fact} for {path}, and not with a complete {expected}; {CHECK}")


def _groups(connection: Connection) -> set[GroupVersion]:
    """Return every version of every group that the server supports."""
    answer = connection.get(_GROUPS, {}, JSON)
    if not _is_complete(answer, "APIGroupList", "groups"):
        raise unhealthy(connection, _GROUPS, answer, "APIGroupList")
    return set(_versions(answer.body))


def _versions(body: Mapping[str, object]) -> Iterator[GroupVersion]:
    for group in items(body, "groups"):
        for version in items(group, "versions"):
            yield text(group, "name") or "", text(version, "version") or ""


def _resources(connection: Connection, group_version: GroupVersion) -> set[str]:
    """Return the plural names of the kinds of a group's version, which the server lists."""
    path = top_of(*group_version)
    answer = connection.get(path, {}, JSON)
    if not _is_complete(answer, "APIResourceList", "resources"):
        raise unhealthy(connection, path, answer, "APIResourceList")
    return set(_names(items(answer.body, "resources")))


def _names(resources: Iterable[Mapping[str, object]]) -> Iterator[str]:
    for resource in resources:
        yield text(resource, "name") or ""


def _is_complete(answer: Answer, kind: str, member: str) -> bool:
    listed = answer.body.get(member)
    is_list = isinstance(listed, list) and all(isinstance(each, dict) for each in listed)
    return answer.status == 200 and text(answer.body, "kind") == kind and is_list


def _is_built_in(kind: ReadKind, groups: set[GroupVersion]) -> bool:
    """Return whether the server must support a kind, because the kind is part of the server or of its group."""
    is_served = kind.group in _ALWAYS or any((kind.group, version) in groups for version in kind.versions)
    return kind.group in _BUILT_IN and is_served
