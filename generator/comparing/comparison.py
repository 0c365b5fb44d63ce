"""The result of a comparison, with its statistics and sentences. Pure, no I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .replies import ROWS, Metric, Plan, Reply
from .statistics import FEWEST, LEVEL, Difference, Summary, compare, summarize


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured: `replies` without warm-up rounds; `is_complete` if all requests of the plan were sent."""

    plan: Plan
    replies: tuple[Reply, ...]
    is_complete: bool = True

    @property
    def summaries(self) -> list[Summary]:
        """Return the summaries of all engines and metrics."""
        return summarize(self.replies)

    @property
    def differences(self) -> list[Difference]:
        """Return the differences of all pairs of engines."""
        return compare(self.replies)

    def values(self, engine: str, metric: Metric) -> list[float]:
        """Return the values of a metric of an engine, in the order of the replies."""
        values = [reply.value(metric) for reply in self.replies if reply.engine == engine]
        return [value for value in values if value is not None]

    def errors(self, engine: str) -> dict[str, int]:
        """Return how often an engine replied with each error, in order of the first."""
        counts: dict[str, int] = {}
        for reply in self.replies:
            if reply.engine == engine and reply.error is not None:
                counts[reply.error] = counts.get(reply.error, 0) + 1
        return counts

    def failed(self) -> list[str]:
        """Return the engines that were asked and never replied completely."""
        answers = {reply.engine: False for reply in self.replies}
        answers.update({reply.engine: True for reply in self.replies if reply.error is None})
        return [engine for engine in self.plan.engines if answers.get(engine) is False]


def sentence(difference: Difference) -> str:
    """Return a difference in words."""
    subject = ROWS[difference.metric].title
    both = (difference.first, difference.second)
    if math.isnan(difference.p):
        count = f"{difference.count} requests to {both[0]} and {both[1]}"
        return f"{subject}: {count} are too few for a test; use {FEWEST} or more"
    ratio = f"{both[0]}/{both[1]} is {number(difference.ratio)} ({number(difference.low)} to {number(difference.high)})"
    if difference.better is None:
        return f"{subject}: no significant difference; {ratio}"
    chance = f"p < {LEVEL / 10:g}" if difference.p < LEVEL / 10 else f"p = {difference.p:.3f}"
    return f"{subject}: {difference.better} is better; {ratio}, {chance}"


def number(value: float) -> str:
    """Return a value with three digits that matter."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def cells(summary: Summary) -> tuple[str, ...]:
    """Return a summary for people: engine, metric, median, interval, unit, number of replies."""
    row = ROWS[summary.metric]
    median, low, high = (number(value * row.factor) for value in (summary.median, summary.low, summary.high))
    return (summary.engine, row.title, median, f"{low} to {high}", row.shown_unit, str(summary.count))
