"""Write objects to a cluster: server-side apply without force, and deletion of exactly the object that was read. I/O.

Spec: https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from llmd_routes.kinds import EMITTED
from llmd_routes.kube.objects import Object, group_of, items, kind_of, name_of, namespace_of, text
from llmd_routes.names import INSTANCE
from llmd_routes.problems import Problem
from llmd_routes.reading.connection import Request
from llmd_routes.reading.discovery import top_of

from .changes import ref_of

MANAGER: Final = "llmd-routes-controller"
_CONFLICT: Final = "FieldManagerConflict"
# The number of attempts to delete an object: controllers change its status after its routes were removed.
_ATTEMPTS: Final = 5
# What identifies an object that was read, and who it belongs to.
_SAME: Final = (("metadata", "uid"), ("metadata", "labels", INSTANCE))
# The most conflicting fields that a problem names.
_MOST_FIELDS: Final = 3
_PLURALS: Final = {(kind.group, kind.kind): kind.plural for kind in EMITTED}


class Writer(Protocol):
    """What writing requires of a server."""

    def change(self, request: Request) -> tuple[int, Mapping[str, Any]]:
        """Send a request; return status and JSON. Raises ClusterError without a response."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What a write has done: `changed` is whether the object is as desired now."""

    changed: bool
    problem: Problem | None = None


def apply_object(server: Writer, obj: Object) -> Written:
    """Apply an object; fields of other managers stay as they are, and are named in a problem.

    Raises ClusterError if the server does not respond.
    """
    query = {"fieldManager": MANAGER, "force": "false", "fieldValidation": "Strict"}
    body = json.dumps(obj).encode()
    status, answer = server.change(
        Request(_path(obj), query, method="PATCH", body=body, media_type="application/apply-patch+yaml")
    )
    if status in (200, 201):
        return Written(True)
    conflicts = [cause for cause in items(answer, "details", "causes") if text(cause, "reason") == _CONFLICT]
    if status == 409 and conflicts:
        return Written(False, _conflict(obj, conflicts))
    return Written(False, _rejected(obj, status, answer, "applied"))


def remove_object(server: Writer, obj: Object) -> Written:
    """Delete an object if it is still the one that was read, and of the same instance.

    Raises ClusterError if the server does not respond.
    """
    for _ in range(_ATTEMPTS):
        status, current = server.change(Request(_path(obj)))
        if status == 404:
            return Written(True)
        if status != 200:
            return Written(False, _rejected(obj, status, current, "read"))
        if any(text(current, *path) != text(obj, *path) for path in _SAME):
            return Written(False)
        conditions = {name: text(current, "metadata", name) for name in ("uid", "resourceVersion")}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": conditions}
        status, answer = server.change(Request(_path(obj), method="DELETE", body=options))
        if status in (200, 202, 404):
            return Written(True)
        if status != 409:
            return Written(False, _rejected(obj, status, answer, "deleted"))
    fact = "changes again and again, so it was not deleted"
    return Written(False, Problem(str(ref_of(obj)), fact, "it is tried again"))


def _path(obj: Object) -> str:
    group, version = group_of(obj), (text(obj, "apiVersion") or "").rpartition("/")[2]
    plural = _PLURALS[group, kind_of(obj)]
    return f"{top_of(group, version)}/namespaces/{namespace_of(obj)}/{plural}/{name_of(obj)}"


def _conflict(obj: Object, conflicts: list[dict[str, Any]]) -> Problem:
    fields = [(text(cause, "field") or "").lstrip(".") for cause in conflicts]
    managers = sorted({part for cause in conflicts if (part := _manager(text(cause, "message") or ""))})
    more = f" and {len(fields) - _MOST_FIELDS} more" if len(fields) > _MOST_FIELDS else ""
    fact = f"{', '.join(fields[:_MOST_FIELDS])}{more} belongs to field manager {', '.join(managers)}"
    return Problem(str(ref_of(obj)), fact, _fix(obj))


def _fix(obj: Object) -> str:
    """Return how the fields of an object that llmd-routes has generated become the controller's."""
    whose = f"{kind_of(obj).lower()} -n {namespace_of(obj)} {name_of(obj)}"
    return f"undo the change, or see its managers with kubectl get {whose} -o yaml --show-managed-fields"


def _manager(message: str) -> str:
    return message.partition('conflict with "')[2].partition('"')[0]


def _rejected(obj: Object, status: int, answer: Mapping[str, Any], done: str) -> Problem:
    reason = " ".join((text(answer, "message") or f"the server answers {status}").split())
    verbs = {"applied": "create and patch", "deleted": "delete", "read": "get"}
    fix = {403: f"grant {verbs[done]} on it", 404: "install its CustomResourceDefinition", 422: "correct the options"}
    return Problem(str(ref_of(obj)), f"cannot be {done}: {reason}", fix.get(status, "it is tried again"))
