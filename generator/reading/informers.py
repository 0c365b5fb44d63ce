"""Follow a list of a cluster with an informer of the kubernetes client: a list, then a watch from its version on.

In: a server and a feed. Out: calls of a sink, from a thread of the informer. An object that is missing in a later list
is requested by its name: only if it does not exist, its deletion counts as seen.

Spec: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final, Protocol

from llmd_routes.errors import ClusterError
from llmd_routes.kinds import identity, without_managed_fields
from llmd_routes.kube.objects import Object, name_of, namespace_of

from .cluster import list_kind, read_list
from .connection import Request, Server
from .feeds import Feed

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

# Seconds: between two complete lists; without any data (bookmarks arrive every minute); between two watches; the pauses
# after failures.
_RESYNC: Final = (480, 720)
_SILENCE: Final = 90.0
_SHORTEST: Final = 1.0
_PAUSES: Final = (0.5, 30.0)
# Responses with an error after which the list is read again, e.g. because a version is not known to a restored server.
_MOST_REFUSALS: Final = 3
_GONE: Final = 410


class Sink(Protocol):
    """What receives the objects of feeds; all methods are called from the threads of informers."""

    def put(self, feed: Feed, obj: Object) -> None:
        """Receive an object that exists."""
        ...

    def drop(self, feed: Feed, obj: Object) -> None:
        """Receive an object whose deletion was seen."""
        ...

    def read(self, feed: Feed) -> None:
        """Learn that the feed is followed, and that everything before was received."""
        ...

    def fail(self, feed: Feed, reason: str) -> None:
        """Learn why the feed cannot be followed now."""
        ...

    def known(self, feed: Feed) -> list[Object]:
        """Return the objects that were received and not dropped."""
        ...


def start_informer(server: Server, feed: Feed, sink: Sink) -> Callable[[], None]:
    """Follow a feed in a thread of its own, and return the function that ends it, without waiting for that."""
    from kubernetes.informer import ADDED, DELETED, ERROR, MODIFIED, SharedInformer

    # It prints each failure with a traceback; the sink receives the reason.
    logging.getLogger(SharedInformer.__module__).disabled = True
    lister = _Lister(server, feed, sink)
    informer = SharedInformer(lister.list_or_watch, resync_period=random.randint(*_RESYNC))
    for event, handler in (
        (ADDED, lister.put),
        (MODIFIED, lister.put),
        (DELETED, lister.drop),
        (ERROR, lister.fail),
    ):
        informer.add_event_handler(event, handler)
    informer.start()

    def stop() -> None:
        lister.stopping.set()
        Thread(target=informer.stop, daemon=True).start()

    return stop


@dataclass(frozen=True, slots=True)
class _Metadata:
    resource_version: str


@dataclass(frozen=True, slots=True)
class _Response:
    """A list in the form that informers read."""

    items: list[Object]
    metadata: _Metadata


class _Lister:
    """Lists and watches a feed for its informer, and passes events on."""

    def __init__(self, server: Server, feed: Feed, sink: Sink) -> None:
        self.stopping = Event()
        self._server = server
        self._feed = feed
        self._sink = sink
        self._is_listing = True
        self._failures = 0
        self._refusals = 0
        self._opened = 0.0

    def list_or_watch(
        self, *, watch: bool = False, resource_version: str = "", timeout_seconds: int = 0, **_: Any
    ) -> _Response | BaseHTTPResponse:
        """Return a complete list, or the response that continues from a version on.

        :rtype: object
        """
        # The informer takes the type of objects in a watch from the line above.
        return self._watch(resource_version, timeout_seconds) if watch else self._list()

    def put(self, obj: dict[str, Any]) -> None:
        """Pass on an object that was added or changed."""
        served = self._feed.served
        self._sink.put(
            self._feed, {**without_managed_fields(obj), "apiVersion": served.api_version, "kind": served.kind.kind}
        )

    def drop(self, obj: dict[str, Any]) -> None:
        """Pass on a deletion that a watch reported; those of lists were passed on already."""
        if not self._is_listing:
            served = self._feed.served
            self._sink.drop(self._feed, {**obj, "apiVersion": served.api_version, "kind": served.kind.kind})

    def fail(self, error: object) -> None:
        """Pass on why a list or a watch failed, but for a version that is too old: then the informer lists again."""
        status = getattr(error, "status", None)
        if status == _GONE:
            return
        self._failures += 1
        self._refusals += status is not None
        self._sink.fail(self._feed, _reason(error))

    def _list(self) -> _Response:
        self._is_listing = True
        served, place = self._feed.served, self._feed.place
        listed = read_list(self._server, served, place)
        objects = list(map(without_managed_fields, listed.objects))
        present = set(map(identity, objects))
        for obj in self._sink.known(self._feed):
            if identity(obj) not in present:
                self._confirm(obj)
        return _Response(objects, _Metadata(listed.version))

    def _confirm(self, obj: Object) -> None:
        """Drop an object if it does not exist. Raises ClusterError if it does: then the list was incomplete."""
        namespace = namespace_of(obj)
        place = f"/namespaces/{namespace}" if namespace else ""
        name = name_of(obj)
        if list_kind(self._server, self._feed.served, place, {"fieldSelector": f"metadata.name={name}"}):
            raise ClusterError(f"{self._feed}: the list lacks {name}, which exists; try again")
        self._sink.drop(self._feed, obj)

    def _watch(self, version: str, seconds: int) -> BaseHTTPResponse:
        if self._is_listing:
            # All objects of the list have been passed on.
            self._is_listing = False
            self._sink.read(self._feed)
        self._pause()
        if self._refusals >= _MOST_REFUSALS:
            self._refusals = 0
            raise _too_old()
        query = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version}
        query |= {"timeoutSeconds": str(seconds)} if seconds else {}
        served = self._feed.served
        accept = served.accept.replace("PartialObjectMetadataList", "PartialObjectMetadata")
        response = self._server.stream(Request(served.path(self._feed.place), query, accept), _SILENCE)
        self._opened = time.monotonic()
        if response.status == 200:
            self._failures = self._refusals = 0
            self._sink.read(self._feed)
        return response

    def _pause(self) -> None:
        """Wait before a watch, longer after failures; also if watches end at once."""
        shortest, longest = _PAUSES
        pause = random.uniform(0.5, 1.0) * min(longest, shortest * 2.0**self._failures) if self._failures else 0.0
        self.stopping.wait(max(pause, self._opened + _SHORTEST - time.monotonic(), 0.0))


def _too_old() -> Exception:
    from kubernetes.client import ApiException

    return ApiException(status=_GONE, reason="list again")


def _reason(error: object) -> str:
    """Return the reason of a failure in one line."""
    reason = getattr(error, "reason", None)
    status = getattr(error, "status", None)
    if status is not None:
        return f"the server answers {status} {reason}"
    inner = reason if isinstance(reason, BaseException) else error
    return " ".join(str(inner).split()) or type(inner).__name__
