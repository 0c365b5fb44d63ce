"""Run passes whenever the cluster has changed: collect changes for a moment, pass, and try again after failures."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Final

from llmd_routes.errors import ClusterError, RoutesError
from llmd_routes.kube.objects import Object
from llmd_routes.reading.connection import Server

from .applying import Writer
from .following import Following
from .passes import Memory, Wish, Wishes, run_pass
from .reporting import Reporter
from .state import State
from .store import Store, View

# Seconds: without further changes before a pass, at most; until everything is compared again; between failures.
_QUIET: Final = 0.2
_LONGEST: Final = 1.0
_AGAIN: Final = 600.0
_PAUSES: Final = (1.0, 30.0)
# Seconds between two looks whether to stop.
_TICK: Final = 0.5


class Loop:
    """The controller: `run` returns after `stop` was called."""

    def __init__(self, server: Server, writer: Writer, wishes: Wishes, state: State, reporter: Reporter) -> None:
        """Store what is read and written, and the source of the options of each pass."""
        self._server = server
        self._writer = writer
        self._wishes = wishes
        self._state = state
        self._reporter = reporter
        self._woken = Event()
        self._stopping = False
        self._store = Store(self._woken.set)
        self._following = Following(server, self._store)
        self._memory = Memory()
        self._failures = 0
        self._requested = ""
        # What to do after the last pass.
        self.at_end: Callable[[], None] = lambda: None

    def stop(self) -> None:
        """End after the current pass, within a second; may be called by a handler of signals, so it uses no lock."""
        self._stopping = True

    def wake(self) -> None:
        """Let the next step begin now."""
        self._woken.set()

    def run(self) -> None:
        """Run passes until `stop` is called."""
        try:
            while not self._stopping:
                self._step()
                self._wait()
        finally:
            self._following.stop()
            self.at_end()

    def _step(self) -> None:
        """Run a pass if everything is read and this process leads; report what prevents one, and what it did."""
        self._woken.clear()
        self._state.step = time.monotonic()
        view, wish = self._store.view(), None
        try:
            wish = self._wishes.read(_objects(view))
            if wish.requested != self._requested:
                self._following.expire()
                self._requested = wish.requested
            self._following.update(wish.wanted, view)
            view = self._store.view()
            self._state.is_ready = view is not None
            if view is None:
                self._await_feeds()
            elif self._wishes.read(view.objects) is not wish:
                # Settings in the cluster that were not read at the beginning of this step.
                self._woken.set()
            elif self._state.leads():
                self._pass(view, wish)
            else:
                # What another controller does in the meantime is not known.
                self._memory, self._failures = Memory(), 0
        except RoutesError as error:
            # A plan that is impossible becomes possible by a change; a server that is away needs another attempt.
            self._failures = self._failures + 1 if isinstance(error, ClusterError) else 0
            self._reporter.failed((*(wish.problems if wish else ()), *error.problems), view, wish)

    def _pass(self, view: View, wish: Wish) -> None:
        begun = time.monotonic()
        outcome = run_pass(self._server, self._writer, view, wish, self._memory)
        self._state.seconds = time.monotonic() - begun
        self._memory = outcome.memory
        if not outcome.withheld:
            self._store.forget(view.deleted)
        self._failures = 0 if not outcome.problems or outcome.withheld else self._failures + 1
        self._reporter.done(outcome, view, wish, self._following.notices)

    def _await_feeds(self) -> None:
        """Report what is missing before the first pass, if a reason is known."""
        reasons = self._store.refusals()
        self._failures = self._failures + 1 if reasons else 0
        self._reporter.unread(reasons)

    def _wait(self) -> None:
        """Return when something has changed and a moment has passed, or it is time to compare everything again."""
        limit = min(_AGAIN, max(self._following.due(), _PAUSES[0]))
        if self._failures:
            limit = min(limit, _PAUSES[1], _PAUSES[0] * 2.0 ** (self._failures - 1))
        end = time.monotonic() + limit
        while not (self._stopping or self._woken.wait(_TICK) or self._wishes.has_changed()) and time.monotonic() < end:
            pass
        end = time.monotonic() + _LONGEST
        while self._woken.is_set() and not self._stopping and time.monotonic() < end:
            self._woken.clear()
            self._woken.wait(_QUIET)


def _objects(view: View | None) -> tuple[Object, ...]:
    return view.objects if view is not None else ()
