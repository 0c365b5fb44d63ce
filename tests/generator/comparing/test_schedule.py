"""Each engine gets each prompt, and none is always first."""

from __future__ import annotations

from collections import Counter

from llmd_routes.comparing.schedule import plan_rounds


def test_each_engine_is_asked_in_each_round() -> None:
    rounds = plan_rounds(["a", "b", "c"], ["x", "y"], 300, warm_up=2)
    assert [each.number for each in rounds] == list(range(302))
    assert [each.warm_up for each in rounds[:3]] == [True, True, False]
    assert [each.prompt for each in rounds[:4]] == ["x", "y", "x", "y"]
    assert all(sorted(each.engines) == ["a", "b", "c"] for each in rounds)
    assert min(Counter(each.engines[0] for each in rounds).values()) > 60
    assert rounds == plan_rounds(["a", "b", "c"], ["x", "y"], 300, warm_up=2)
