"""Run passes whenever the cluster has changed: collect changes for a moment, pass, and try again after failures."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Final

from llmd_routes.errors import ClusterError, RoutesError
from llmd_routes.problems import Problem
from llmd_routes.reading.connection import Server
from llmd_routes.reading.permissions import Wanted

from .following import Following
from .log import Log
from .passes import Memory, Outcome, Wish, run_pass
from .store import Store, View

# Seconds: without further changes before a pass, at most; until everything is compared again; between failures.
_QUIET: Final = 0.2
_LONGEST: Final = 1.0
_AGAIN: Final = 600.0
_PAUSES: Final = (1.0, 30.0)
# Seconds between two looks whether to stop.
_TICK: Final = 0.5


class Loop:
    """The controller: `run` returns when `stop` was called."""

    def __init__(self, server: Server, read_wish: Callable[[], Wish], log: Log) -> None:
        """Store the options, which `read_wish` returns before each pass."""
        self._server = server
        self._read_wish = read_wish
        self._log = log
        self._woken = Event()
        self._stopping = False
        self._store = Store(self._woken.set)
        self._following = Following(server, self._store)
        self._memory = Memory()
        self._failures = 0
        self._shown: tuple[str, ...] = ()

    def stop(self) -> None:
        """End after the current pass, within a second; may be called by a handler of signals, so it uses no lock."""
        self._stopping = True

    def run(self) -> None:
        """Run passes until `stop` is called."""
        try:
            while not self._stopping:
                self._step()
                self._wait()
        finally:
            self._following.stop()

    def _step(self) -> None:
        """Run a pass; log what prevents one, and what it did."""
        self._woken.clear()
        try:
            wish = self._read_wish()
            self._following.update(_wanted(wish), self._store.view())
            view = self._store.view()
            if view is None:
                self._unread()
                return
            outcome = run_pass(self._server, view, wish, self._memory)
        except RoutesError as error:
            # A plan that is impossible becomes possible by a change; a server that is away needs another attempt.
            self._failures = self._failures + 1 if isinstance(error, ClusterError) else 0
            self._log.compare((*error.problems, *self._silent()))
            return
        self._take(outcome, view, wish)

    def _take(self, outcome: Outcome, view: View, wish: Wish) -> None:
        self._memory = outcome.memory
        if not outcome.withheld:
            self._store.forget(view.deleted)
        self._failures = 0 if not outcome.problems or outcome.withheld else self._failures + 1
        self._log.compare((*outcome.problems, *self._silent()), (*outcome.notices, *self._following.notices))
        if wish.is_dry:
            self._show(outcome)
        for done, refs in (("applied", outcome.applied), ("removed", outcome.removed)):
            for ref in refs:
                self._log.write("info", done, object=str(ref), instance=outcome.instance)

    def _show(self, outcome: Outcome) -> None:
        """Log the changes that a dry run did not make, unless the last pass has logged them."""
        if outcome.diff != self._shown:
            self._shown = outcome.diff
            for text in outcome.diff:
                self._log.write("info", "would change", diff=text, instance=outcome.instance)
            if not outcome.diff:
                self._log.write("info", "would change nothing", instance=outcome.instance)

    def _unread(self) -> None:
        """Log what is missing before the first pass, if a reason is known."""
        reasons = {feed: reason for feed, reason in self._store.unread().items() if reason != "not read yet"}
        self._failures = self._failures + 1 if reasons else 0
        self._log.compare(Problem(str(feed), reason, "check the API server") for feed, reason in reasons.items())

    def _silent(self) -> list[Problem]:
        """Return a problem for each feed whose changes are not seen now."""
        view = self._store.view()
        fact = "cannot be followed, so what was read last is used: "
        failing = view.failing if view is not None else {}
        return [Problem(str(feed), fact + reason, "check the API server") for feed, reason in failing.items()]

    def _wait(self) -> None:
        """Return when something has changed and a moment has passed, or it is time to compare everything again."""
        limit = min(_AGAIN, max(self._following.due(), _PAUSES[0]))
        if self._failures:
            limit = min(limit, _PAUSES[1], _PAUSES[0] * 2.0 ** (self._failures - 1))
        end = time.monotonic() + limit
        while not self._stopping and not self._woken.wait(_TICK) and time.monotonic() < end:
            pass
        end = time.monotonic() + _LONGEST
        while self._woken.is_set() and not self._stopping and time.monotonic() < end:
            self._woken.clear()
            self._woken.wait(_QUIET)


def _wanted(wish: Wish) -> Wanted:
    theirs = tuple(name.partition("/")[0] for name in wish.chosen["gateways"] if "/" in name)
    return Wanted(wish.namespaces, theirs, wish.source.allow_missing)
