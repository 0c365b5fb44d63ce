"""What a reply says of an engine."""

from __future__ import annotations

import pytest

from llmd_routes.comparing.replies import METRICS, Metric, Reply


@pytest.mark.parametrize(("metric", "value"), [("first", 0.5), ("gap", 0.25), ("rate", 3.0)])
def test_the_metrics_of_a_reply(metric: Metric, value: float) -> None:
    assert Reply("vllm", 0, (0.5, 0.75, 1.0)).value(metric) == pytest.approx(value)


def test_a_reply_without_tokens_has_no_metrics() -> None:
    for reply in (Reply("vllm", 0), Reply("vllm", 0, (0.5, 1.0), error="reset")):
        assert [reply.value(row.metric) for row in METRICS] == [None, None, None]
    assert Reply("vllm", 0, (0.5,)).value("gap") is None


def test_the_reported_number_of_tokens_counts() -> None:
    """A part of a stream may have several tokens."""
    reply = Reply("sglang", 0, (0.5, 1.0), tokens=6)
    assert (reply.value("rate"), reply.value("gap")) == (6.0, 0.1)
