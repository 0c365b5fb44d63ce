"""Remember the objects of a cluster until their deletion was seen.

Informers write from their threads, the controller reads. An object that is missing in a list, or that cannot be read
now, is kept as it was read last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from llmd_routes.kinds import Identity, identity
from llmd_routes.kube.objects import Object, items, kind_of, mapping, text
from llmd_routes.reading.feeds import Feed

# Metadata that changes although the object does not.
_VOLATILE: Final = ("resourceVersion", "managedFields", "generation")
_ELECTION: Final = "control-plane.alpha.kubernetes.io/leader"
# Kinds whose status changes often. Only the phase of pods affects decisions.
_BUSY: Final = ("Pod", "Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job", "CronJob", "LeaderWorkerSet")


@dataclass(frozen=True, slots=True)
class View:
    """What is known of a cluster at one moment.

    `deleted` are objects whose deletion was seen and that were not forgotten yet. `failing` has the reason for each
    feed that cannot be followed now: its objects are as they were read last.
    """

    objects: tuple[Object, ...]
    deleted: tuple[Object, ...]
    failing: Mapping[Feed, str]


class Store:
    """The objects of all feeds; `changed` is called when one changes in a way that could affect routes."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Start without feeds."""
        self._changed = changed
        self._lock = Lock()
        self._objects: dict[Feed, dict[Identity, Object]] = {}
        self._deleted: dict[Identity, Object] = {}
        self._unread: set[Feed] = set()
        self._failing: dict[Feed, str] = {}

    def follow(self, feeds: Iterable[Feed]) -> None:
        """Store the objects of exactly these feeds; a view requires that new feeds were read."""
        wanted = set(feeds)
        with self._lock:
            self._unread = {feed for feed in wanted if feed in self._unread or feed not in self._objects}
            self._objects = {feed: self._objects.get(feed, {}) for feed in wanted}
            self._failing = {feed: reason for feed, reason in self._failing.items() if feed in wanted}

    def put(self, feed: Feed, obj: Object) -> None:
        """Store an object that exists."""
        key = identity(obj)
        with self._lock:
            if feed not in self._objects:
                return
            before = self._objects[feed].get(key)
            self._objects[feed][key] = obj
            self._deleted.pop(key, None)
        if before is None or _essence(before) != _essence(obj):
            self._changed()

    def drop(self, feed: Feed, obj: Object) -> None:
        """Remove an object whose deletion was seen."""
        key = identity(obj)
        with self._lock:
            known = self._objects.get(feed, {}).pop(key, None)
            # What a workload created needs no memory: the workload is remembered.
            if known is not None and not _is_created(known):
                self._deleted[key] = known
        if known is not None:
            self._changed()

    def read(self, feed: Feed) -> None:
        """Note that a feed was read completely, and is followed now."""
        with self._lock:
            news = feed in self._unread or feed in self._failing
            self._unread.discard(feed)
            self._failing.pop(feed, None)
        if news:
            self._changed()

    def fail(self, feed: Feed, reason: str) -> None:
        """Note why a feed cannot be followed now."""
        with self._lock:
            news = feed in self._objects and self._failing.get(feed) != reason
            if news:
                self._failing[feed] = reason
        if news:
            self._changed()

    def known(self, feed: Feed) -> list[Object]:
        """Return the objects of a feed."""
        with self._lock:
            return list(self._objects.get(feed, {}).values())

    def view(self) -> View | None:
        """Return everything that is known; None before every feed was read once."""
        with self._lock:
            if self._unread or not self._objects:
                return None
            objects = tuple(obj for each in self._objects.values() for obj in each.values())
            return View(objects, tuple(self._deleted.values()), dict(self._failing))

    def refusals(self) -> dict[Feed, str]:
        """Return the feeds that cannot be read although they were not read yet, with the reason."""
        with self._lock:
            return {feed: reason for feed, reason in self._failing.items() if feed in self._unread}

    def forget(self, objects: Iterable[Object]) -> None:
        """Remove objects from the deleted objects, after their routes were removed."""
        with self._lock:
            for obj in objects:
                self._deleted.pop(identity(obj), None)


def _is_created(obj: Object) -> bool:
    return any(owner.get("controller") is True for owner in items(obj, "metadata", "ownerReferences"))


def _essence(obj: Object) -> dict[str, Any]:
    """Return the part of an object that could affect routes."""
    metadata = {key: value for key, value in mapping(obj, "metadata").items() if key not in _VOLATILE}
    if isinstance(metadata.get("annotations"), dict):
        metadata["annotations"] = {k: v for k, v in metadata["annotations"].items() if k != _ELECTION}
    status: Any = obj.get("status")
    if kind_of(obj) in _BUSY:
        status = text(obj, "status", "phase")
    return {**obj, "metadata": metadata, "status": status}
