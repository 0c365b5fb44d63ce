"""Work in threads: results in order, the first error, a limit."""

from __future__ import annotations

import threading
import time

import pytest

from llmd_routes.reading.threads import run_all, run_within


def test_results_come_in_the_order_of_the_values() -> None:
    def work(value: int) -> int:
        time.sleep(0.01 * (5 - value))
        return value * value

    assert run_all(work, range(5), 3) == [0, 1, 4, 9, 16]
    assert run_all(work, [], 3) == []


def test_no_more_run_at_once_than_asked() -> None:
    running: list[int] = []
    most: list[int] = []

    def work(value: int) -> None:
        running.append(value)
        most.append(len(running))
        time.sleep(0.01)
        running.remove(value)

    run_all(work, range(10), 2)
    assert max(most) == 2


def test_an_error_is_raised_and_nothing_waits_for_the_others() -> None:
    never = threading.Event()

    def work(value: int) -> None:
        if value == 1:
            raise ValueError("one")
        never.wait()

    with pytest.raises(ValueError, match="one"):
        run_all(work, range(2), 2)
    never.set()


def test_what_takes_too_long_is_left_to_its_thread() -> None:
    never = threading.Event()
    with pytest.raises(TimeoutError):
        run_within(never.wait, 0.01)
    never.set()
    assert run_within(lambda: 1, 10) == run_within(lambda: 1, None) == 1
    with pytest.raises(ZeroDivisionError):
        run_within(lambda: 1 / 0, 10)
