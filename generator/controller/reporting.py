"""Report what a controller does: to the log, as Events, and in the values that metrics show."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from llmd_routes.errors import ClusterError
from llmd_routes.kube.objects import Object, Ref, kind_of, name_of, namespace_of
from llmd_routes.notices import Notice
from llmd_routes.problems import Problem
from llmd_routes.reading.connection import Request
from llmd_routes.reading.feeds import Feed

from .applying import Writer
from .events import events_of
from .log import Log
from .passes import Outcome, Wish, services_of
from .state import Result, State
from .store import View

_CHECK = "check the API server"


class Reporter:
    """The ends of a controller that people and machines read."""

    def __init__(self, log: Log, state: State, writer: Writer) -> None:
        """Store the log, the state, and what Events are created with."""
        self._log = log
        self._state = state
        self._writer = writer
        self._shown: tuple[str, ...] | None = None

    def unread(self, reasons: dict[Feed, str]) -> None:
        """Report what cannot be read before the first pass."""
        self._log.compare(Problem(str(feed), reason, _CHECK) for feed, reason in reasons.items())

    def failed(self, problems: Sequence[Problem], view: View | None, wish: Wish | None) -> None:
        """Report a step that could do nothing."""
        new = self._log.compare((*problems, *_silent(view)))
        self._state.passes["failed"] += 1
        self._state.problems = len(problems)
        self._count(view)
        if view is not None and wish is not None:
            self._announce(new, view, wish)

    def done(self, outcome: Outcome, view: View, wish: Wish, notices: Iterable[Notice]) -> None:
        """Report a pass."""
        shown = (*outcome.notices, *notices)
        new = self._log.compare((*outcome.problems, *_silent(view)), shown)
        for what, refs in (("applied", outcome.applied), ("removed", outcome.removed)):
            for ref in refs:
                self._log.write("info", what, object=str(ref), instance=outcome.instance)
        if wish.is_dry:
            self._show(outcome)
        self._note(outcome, len(shown))
        self._count(view)
        self._announce(new, view, wish)

    def _note(self, outcome: Outcome, notices: int) -> None:
        state = self._state
        result: Result = "complete" if outcome.is_complete else "incomplete"
        state.passes[result] += 1
        state.complete = time.time() if outcome.is_complete else state.complete
        state.applied += len(outcome.applied)
        state.removed += len(outcome.removed)
        state.routes, state.withheld = outcome.routes, len(outcome.withheld)
        state.problems = len(outcome.problems) + notices

    def _count(self, view: View | None) -> None:
        self._state.failing = len(view.failing) if view is not None else 0

    def _show(self, outcome: Outcome) -> None:
        """Log the changes that a dry run did not make, unless the last pass has logged them."""
        if outcome.diff == self._shown:
            return
        self._shown = outcome.diff
        for text in outcome.diff:
            self._log.write("info", "would change", diff=text, instance=outcome.instance)
        if not outcome.diff:
            self._log.write("info", "would change nothing", instance=outcome.instance)

    def _announce(self, problems: Sequence[Problem], view: View, wish: Wish) -> None:
        """Create Events for new problems; a server that refuses them is only logged."""
        if not problems or wish.is_dry:
            return
        gateways = list(_gateways_of(view.objects, wish))
        for event in events_of(problems, view.objects, services_of(view, wish), gateways, datetime.now(UTC)):
            path = f"/api/v1/namespaces/{namespace_of(event)}/events"
            try:
                status, _ = self._writer.change(Request(path, method="POST", body=event))
            except ClusterError as error:
                self._log.write("warning", f"Events cannot be created: {error}")
                return
            if status >= 400:
                fact = f"Events cannot be created in {namespace_of(event)}: the server answers {status}"
                self._log.write("warning", fact, fix="grant create on events")
                return


def _gateways_of(objects: Iterable[Object], wish: Wish) -> Iterator[Ref]:
    """Yield the Gateways that the options select, all without a selection."""
    wanted = wish.chosen["gateways"]
    for obj in objects:
        name, namespace = name_of(obj), namespace_of(obj) or ""
        if kind_of(obj) == "Gateway" and (not wanted or {name, f"{namespace}/{name}"} & set(wanted)):
            yield Ref(namespace, "Gateway", name)


def _silent(view: View | None) -> list[Problem]:
    """Return a problem for each feed whose changes are not seen now."""
    fact = "cannot be followed, so what was read last is used: "
    failing = view.failing if view is not None else {}
    return [Problem(str(feed), fact + reason, _CHECK) for feed, reason in failing.items()]
