"""Follow the feeds of a cluster: start an informer for each, and change the set when the kinds of the server change."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Final

from llmd_routes.kinds import KINDS
from llmd_routes.kube.objects import kind_of, name_of
from llmd_routes.notices import Notice
from llmd_routes.reading.connection import Server
from llmd_routes.reading.feeds import Feed, find_feeds
from llmd_routes.reading.informers import start_informer
from llmd_routes.reading.permissions import Wanted

from .store import Store, View

# Seconds until the feeds are determined again: what the user may list could have changed, or a kind is defined and
# not served yet, which is tried at growing intervals.
_AGAIN: Final = 600.0
_SOON: Final = 1.0
_RESOURCES: Final = frozenset(kind.resource for kind in KINDS)


class Following:
    """The informers of a store."""

    def __init__(self, server: Server, store: Store) -> None:
        """Start without informers."""
        self.notices: tuple[Notice, ...] = ()
        self._server = server
        self._store = store
        self._stops: dict[Feed, Callable[[], None]] = {}
        self._wanted: Wanted | None = None
        self._defined: frozenset[str] = frozenset()
        self._next = 0.0
        self._pause = _SOON

    def update(self, wanted: Wanted, view: View | None) -> None:
        """Follow what is wanted; determine the feeds again if that, or the kinds of the server, may have changed.

        Raises ClusterError if the server does not respond completely, or a required kind may not be listed.
        """
        defined = _defined(view) if view is not None else self._defined
        is_new = wanted != self._wanted or defined != self._defined
        if not is_new and time.monotonic() < self._next:
            return
        # Also after an error: the caller tries again.
        self._pause = _SOON if is_new else min(2 * self._pause, _AGAIN)
        self._next = time.monotonic() + self._pause
        feeds = find_feeds(self._server, wanted)
        kept = self._kept(feeds.feeds, defined) if wanted == self._wanted else ()
        self._wanted, self._defined = wanted, defined
        self.notices = feeds.notices
        same = {feed.served.kind for feed in kept}
        self._start((*kept, *(feed for feed in feeds.feeds if feed.served.kind not in same)))
        served = {feed.served.kind.resource for feed in feeds.feeds}
        if not (defined & _RESOURCES) - served:
            self._next = time.monotonic() + _AGAIN

    def expire(self) -> None:
        """Let the next update determine the feeds again."""
        self._next = 0.0

    def due(self) -> float:
        """Return the seconds until the feeds are to be determined again."""
        return max(self._next - time.monotonic(), 0.0)

    def stop(self) -> None:
        """End all informers."""
        for stop in self._stops.values():
            stop()

    def _kept(self, feeds: Collection[Feed], defined: Collection[str]) -> tuple[Feed, ...]:
        """Return the feeds that are missing although the options are the same: the objects of these stay known.

        If a CustomResourceDefinition was deleted, the feeds of its kind are not returned.
        """
        removed = self._defined - set(defined)
        missing = self._stops.keys() - set(feeds)
        return tuple(feed for feed in missing if feed.served.kind.resource not in removed)

    def _start(self, feeds: tuple[Feed, ...]) -> None:
        self._store.follow(feeds)
        for gone in self._stops.keys() - set(feeds):
            self._stops.pop(gone)()
        for feed in feeds:
            if feed not in self._stops:
                self._stops[feed] = start_informer(self._server, feed, self._store)


def _defined(view: View) -> frozenset[str]:
    """Return the names of the CustomResourceDefinitions in a view: plural and group."""
    return frozenset(name_of(obj) for obj in view.objects if kind_of(obj) == "CustomResourceDefinition")
