"""Differences of engines are found where there are some, and equal engines show none."""

from __future__ import annotations

import math
import random

import pytest

from llmd_routes.comparing.replies import Reply
from llmd_routes.comparing.statistics import FEWEST, LEVEL, compare, summarize

ROUNDS, TOKENS = 40, 20


def replies(seed: int, **engines: tuple[float, float]) -> list[Reply]:
    """Return simulated replies of engines by the medians of their first token and of their gaps, in seconds.

    Both vary by a quarter, and each round is slow or fast for all engines.
    """
    chance = random.Random(seed)
    found = []
    for number in range(ROUNDS):
        load = chance.lognormvariate(0, 0.5)
        for engine, (first, gap) in engines.items():
            moment = first * load * chance.lognormvariate(0, 0.25)
            moments = [moment]
            for _ in range(TOKENS - 1):
                moment += gap * load * chance.lognormvariate(0, 0.25)
                moments.append(moment)
            found.append(Reply(engine, number, tuple(moments)))
    return found


def test_a_known_difference_is_found_with_its_size() -> None:
    found = {each.metric: each for each in compare(replies(1, vllm=(0.1, 0.01), sglang=(0.2, 0.01)))}
    first = found["first"]
    assert (first.first, first.second, first.count, first.better) == ("sglang", "vllm", ROUNDS, "vllm")
    assert first.low < 2 < first.high
    assert found["gap"].better is None
    assert found["gap"].low < 1 < found["gap"].high


def test_a_higher_rate_is_better() -> None:
    (rate,) = (each for each in compare(replies(2, a=(0.1, 0.02), b=(0.1, 0.01))) if each.metric == "rate")
    assert rate.ratio < 1
    assert rate.better == "b"


def test_equal_engines_show_no_difference() -> None:
    shown = [
        seed
        for seed in range(100)
        if any(each.is_significant for each in compare(replies(seed, a=(0.1, 0.01), b=(0.1, 0.01), c=(0.1, 0.01))))
    ]
    assert len(shown) <= 5, shown


def test_known_medians_are_within_their_intervals() -> None:
    inside = 0
    for seed in range(100):
        found = {each.metric: each for each in summarize(steady(seed))}
        inside += found["first"].low <= 0.1 <= found["first"].high
    assert inside >= 88, "95 of 100 are expected"


def steady(seed: int) -> list[Reply]:
    chance = random.Random(seed)
    return [Reply("vllm", number, (0.1 * chance.lognormvariate(0, 0.3),)) for number in range(ROUNDS)]


def test_too_few_rounds_show_nothing() -> None:
    few = [reply for reply in replies(3, a=(0.1, 0.01), b=(0.9, 0.01)) if reply.round < FEWEST - 1]
    assert all(math.isnan(each.p) and each.better is None for each in compare(few))


def test_errors_count_for_neither_engine() -> None:
    listed = [Reply("a", 0, (0.1,)), Reply("b", 0, error="reset"), Reply("a", 1, (0.1,)), Reply("b", 1, (0.2,))]
    (first,) = (each for each in compare(listed) if each.metric == "first")
    assert first.count == 1
    assert {(each.engine, each.metric): each.count for each in summarize(listed)}["b", "first"] == 1


def test_identical_values_are_no_difference() -> None:
    listed = [Reply(engine, number, (0.1, 0.2)) for number in range(ROUNDS) for engine in "ab"]
    assert {each.p for each in compare(listed)} == {1.0}
    assert all((each.ratio, each.better) == (1.0, None) for each in compare(listed))


@pytest.mark.parametrize("engines", [0, 1])
def test_one_engine_is_not_compared(engines: int) -> None:
    assert compare(replies(1, **dict.fromkeys("a"[:engines], (0.1, 0.01)))) == []


def test_more_engines_make_a_difference_harder_to_show() -> None:
    """The same values of two engines, alone and beside others: the corrected probability is not lower."""
    both = replies(4, a=(0.1, 0.01), b=(0.13, 0.01))
    others = [Reply(engine, reply.round, reply.moments) for reply in both if reply.engine == "a" for engine in "cd"]
    alone = {(each.first, each.second, each.metric): each.p for each in compare(both)}
    beside = {(each.first, each.second, each.metric): each.p for each in compare([*both, *others])}
    assert all(beside[key] >= p for key, p in alone.items())
    assert LEVEL < 1
