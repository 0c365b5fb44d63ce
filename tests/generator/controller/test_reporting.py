"""What people and machines read: the log, Events and the state."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest

from llmd_routes.controller.log import Log
from llmd_routes.controller.passes import Memory, Outcome
from llmd_routes.controller.removals import ModelRoute
from llmd_routes.controller.reporting import Reporter
from llmd_routes.controller.state import State
from llmd_routes.controller.store import View
from llmd_routes.errors import ClusterError
from llmd_routes.kube.objects import Ref
from llmd_routes.notices import Notice
from llmd_routes.problems import Problem
from llmd_routes.reading.connection import Request

from .cluster import INSTANCE, NS, guide, view, wish
from .test_store import DEPLOYMENTS

PROBLEM = Problem("instance one", "fact", "fix")


class Writer:
    """Keeps the bodies of requests, and answers with a status or an error."""

    def __init__(self, status: int = 201) -> None:
        self.status = status
        self.events: list[Any] = []

    def change(self, request: Request) -> tuple[int, dict[str, Any]]:
        if not self.status:
            raise ClusterError("cluster: away; wait")
        self.events.append(request.body)
        return self.status, {}


class Ends:
    """A reporter with what it writes to."""

    def __init__(self, status: int = 201) -> None:
        self.stream, self.state, self.writer = StringIO(), State(lambda: True), Writer(status)
        self.reporter = Reporter(Log(self.stream), self.state, self.writer)

    def messages(self) -> list[str]:
        return [json.loads(line)["message"] for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def ends() -> Ends:
    return Ends()


def outcome(**more: Any) -> Outcome:
    return Outcome(INSTANCE, Memory(INSTANCE), **more)


def test_a_pass_is_counted_and_what_it_wrote_is_logged(ends: Ends) -> None:
    done = outcome(applied=(Ref(NS, "HTTPRoute", "r"),), removed=(Ref(NS, "Service", "s"),), routes=2)
    ends.reporter.done(done, view(guide()), wish(), ())
    state = ends.state
    assert (state.passes["complete"], state.applied, state.removed, state.routes) == (1, 1, 1, 2)
    assert state.complete > 0
    assert ends.messages() == ["applied", "removed"]
    assert ends.writer.events == []


def test_a_problem_becomes_an_event_once(ends: Ends) -> None:
    done = outcome(problems=(PROBLEM,), withheld=(ModelRoute(NS, "m", "vllm"),))
    for _ in range(2):
        ends.reporter.done(done, view(guide()), wish(), ())
    assert [event["involvedObject"]["kind"] for event in ends.writer.events] == ["Gateway"]
    assert (ends.state.passes["incomplete"], ends.state.withheld, ends.state.problems) == (2, 1, 1)
    assert ends.state.complete == 0


def test_only_selected_gateways_get_events(ends: Ends) -> None:
    chosen = wish(gateways=("other",))
    ends.reporter.done(outcome(problems=(PROBLEM,)), view(guide()), chosen, ())
    assert ends.writer.events == []


def test_warnings_become_events_and_information_does_not(ends: Ends) -> None:
    notices = [Notice("weak-selector", "", "a", "b"), Notice("multi-port", "", "c", "d")]
    ends.reporter.done(outcome(), view(guide()), wish(), notices)
    levels = [json.loads(line)["level"] for line in ends.stream.getvalue().splitlines()]
    assert len(ends.writer.events) == levels.count("warning") > 0


def test_a_dry_run_creates_no_event(ends: Ends) -> None:
    ends.reporter.done(outcome(problems=(PROBLEM,), diff=("x",)), view(guide()), wish(is_dry=True), ())
    ends.reporter.done(outcome(problems=(PROBLEM,), diff=("x",)), view(guide()), wish(is_dry=True), ())
    ends.reporter.done(outcome(), view(guide()), wish(is_dry=True), ())
    assert ends.writer.events == []
    assert ends.messages() == ["fact", "would change", "no longer: fact", "would change nothing"]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, f"Events cannot be created in {NS}: the server answers 403"),
        (0, "Events cannot be created: cluster: away"),
    ],
)
def test_a_server_that_refuses_events_stops_nothing(status: int, message: str) -> None:
    ends = Ends(status)
    ends.reporter.done(outcome(problems=(PROBLEM,)), view(guide()), wish(), ())
    assert ends.messages()[1].startswith(message)


def test_a_step_that_failed_is_counted_with_the_feeds_that_fail(ends: Ends) -> None:
    failing = View(tuple(guide()), (), {DEPLOYMENTS: "away"})
    ends.reporter.failed([PROBLEM], failing, wish())
    assert (ends.state.passes["failed"], ends.state.failing) == (1, 1)
    assert ends.messages() == ["fact", "cannot be followed, so what was read last is used: away"]
    ends.reporter.failed([PROBLEM], None, None)
    ends.reporter.unread({DEPLOYMENTS: "refused"})
    assert "refused" in ends.messages()
