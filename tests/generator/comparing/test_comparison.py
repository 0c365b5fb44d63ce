"""Differences and failures in words."""

from __future__ import annotations

from llmd_routes.comparing.comparison import Comparison, number, sentence
from llmd_routes.comparing.replies import Reply

from .examples import FAST, PLAN

EQUAL = tuple(Reply(engine, each, FAST) for each in range(20) for engine in ("a", "b"))


def test_no_difference_and_too_few_requests() -> None:
    difference = Comparison(PLAN, EQUAL).differences[0]
    assert sentence(difference) == "time to first token: no significant difference; a/b is 1 (1 to 1)"
    difference = Comparison(PLAN, EQUAL[:6]).differences[0]
    assert sentence(difference) == ("time to first token: 3 requests to a and b are too few for a test; use 8 or more")


def test_engines_that_never_answer() -> None:
    replies = (Reply("vllm", 0, error="503"), Reply("vllm", 1, error="503"), Reply("sglang", 0, FAST))
    comparison = Comparison(PLAN, replies)
    assert comparison.failed() == ["vllm"]
    assert comparison.errors("vllm") == {"503": 2}
    assert comparison.values("sglang", "first") == [FAST[0]]
    assert Comparison(PLAN, ()).failed() == [], "nothing was asked yet"


def test_numbers_have_three_digits() -> None:
    assert [number(value) for value in (0.012345, 1, 12.345, 1234.5, 99999)] == ["0.0123", "1", "12.3", "1234", "99999"]
