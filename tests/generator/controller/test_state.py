"""The state that metrics show."""

from __future__ import annotations

import time

from llmd_routes.controller.state import RESULTS, State


def test_a_controller_whose_loop_does_not_continue_is_not_alive() -> None:
    state = State(lambda: True)
    assert state.is_alive()
    state.step = time.monotonic() - 299
    assert state.is_alive()
    state.step = time.monotonic() - 301
    assert not state.is_alive()


def test_all_results_are_counted_from_the_start() -> None:
    assert State(lambda: True).passes == dict.fromkeys(RESULTS, 0)
