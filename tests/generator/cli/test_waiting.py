"""Waiting is bounded, and ends as soon as everything is in effect."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from llmd_routes.cli import waiting as module
from llmd_routes.cli.waiting import wait_for
from llmd_routes.diagnosing.readiness import Readiness
from llmd_routes.kube.objects import Ref
from llmd_routes.model.findings import Finding

ROUTE = Ref("ns", "HTTPRoute", "r")
WAITING = Readiness((ROUTE,), (Finding("error", "no-status", str(ROUTE), "", "", "", ""),), ())
DONE = Readiness((ROUTE,), (), ())


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, duration_s: float) -> None:
        self.now += duration_s


@pytest.mark.parametrize(
    ("readings", "limit_s", "count", "passed_s"),
    [
        ([DONE], 60.0, 1, 0.0),
        ([WAITING, WAITING, DONE], 60.0, 3, 2.0),
        ([WAITING] * 9, 2.5, 4, 2.5),
        ([WAITING] * 9, 0.0, 1, 0.0),
    ],
)
def test_waiting_ends_with_success_or_in_time(
    readings: list[Readiness], limit_s: float, count: int, passed_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, left = Clock(), iter(readings)
    taken: list[Readiness] = []
    monkeypatch.setattr(module, "time", clock)

    def read() -> Readiness:
        taken.append(next(left))
        return taken[-1]

    assert wait_for(read, limit_s) is taken[-1]
    assert (len(taken), clock.now) == (count, passed_s)


def test_a_failure_to_read_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def readings() -> Iterator[Readiness]:
        yield WAITING
        raise OSError("gone")

    left = readings()
    monkeypatch.setattr(module, "time", Clock())
    with pytest.raises(OSError, match="gone"):
        wait_for(lambda: next(left), 60.0)
