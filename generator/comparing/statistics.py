"""Summarize how engines replied, and find the differences that are not chance. Pure: values in, values out.

Values of one engine are summarized by their median. Engines are compared by pairs: each round has a value of both for
the same prompt, so a round that is slow for both does not count as a difference. Of the ratios of all rounds, the
median is reported; whether it differs from 1 is tested by the signed ranks of their logarithms, without assumptions
about their distribution. With several metrics and engines, there are several tests: their levels are corrected, so that
equal engines show any difference in one of a hundred comparisons at most.

Sources: F. Wilcoxon, Individual Comparisons by Ranking Methods (1945); S. Holm, A Simple Sequentially Rejective
Multiple Test Procedure (1979); B. Efron, Bootstrap Methods (1979).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from .replies import METRICS, ROWS, Metric, Reply, Row

# The probability of finding a difference between equal engines, and that of an interval without the true value.
LEVEL: Final = 0.01
_OUTSIDE: Final = 0.05
_RESAMPLES: Final = 2000
# Fewer pairs cannot show a difference at the corrected level.
FEWEST: Final = 8


@dataclass(frozen=True, slots=True)
class Summary:
    """A metric of an engine: the number of its values, their median, and its confidence interval (95%)."""

    engine: str
    metric: Metric
    count: int
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of two engines: the median of `first / second` over all rounds, and its confidence interval (95%).

    `p` is the probability of such a difference between equal engines, corrected for all tests of the comparison; NaN if
    there are too few rounds.
    """

    first: str
    second: str
    metric: Metric
    count: int
    ratio: float
    low: float
    high: float
    p: float

    @property
    def is_significant(self) -> bool:
        """Return whether the difference is hardly chance."""
        return self.p < LEVEL

    @property
    def better(self) -> str | None:
        """Return the better engine, None if there is no significant difference."""
        if not self.is_significant or self.ratio == 1:
            return None
        return self.first if (self.ratio > 1) == ROWS[self.metric].higher_is_better else self.second


def summarize(replies: Iterable[Reply]) -> list[Summary]:
    """Return a summary for each engine and metric that has values, by engine in the order of METRICS."""
    listed = list(replies)
    engines = sorted({reply.engine for reply in listed})
    summaries = []
    for engine in engines:
        for row in METRICS:
            values = [value for reply in listed if reply.engine == engine for value in _values(reply, row)]
            if values:
                summaries.append(Summary(engine, row.metric, len(values), *_median(values)))
    return summaries


def compare(replies: Iterable[Reply]) -> list[Difference]:
    """Return the differences of all pairs of engines, by engines in the order of METRICS."""
    listed = list(replies)
    engines = sorted({reply.engine for reply in listed})
    found = [
        difference
        for first, second in combinations(engines, 2)
        for row in METRICS
        if (difference := _difference(listed, first, second, row)) is not None
    ]
    return _corrected(found)


def _values(reply: Reply, row: Row) -> list[float]:
    value = reply.value(row.metric)
    return [value] if value is not None else []


def _difference(replies: Sequence[Reply], first: str, second: str, row: Row) -> Difference | None:
    """Return the uncorrected difference of two engines, None without a round with values of both."""
    from scipy.stats import wilcoxon

    by_round: dict[int, dict[str, float]] = {}
    for reply in replies:
        value = reply.value(row.metric)
        if value:
            by_round.setdefault(reply.round, {})[reply.engine] = value
    ratios = [math.log(pair[first] / pair[second]) for pair in by_round.values() if first in pair and second in pair]
    if not ratios:
        return None
    median, low, high = map(math.exp, _median(ratios))
    p = math.nan
    if len(ratios) >= FEWEST:
        p = float(wilcoxon(ratios).pvalue) if any(ratios) else 1.0
    return Difference(first, second, row.metric, len(ratios), median, low, high, p)


def _median(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of values, and its confidence interval by resampling; the same values give the same result."""
    import numpy as np

    given = np.asarray(values)
    random = np.random.default_rng(0)
    medians = np.median(random.choice(given, (_RESAMPLES, len(given))), axis=1)
    low, high = np.quantile(medians, (_OUTSIDE / 2, 1 - _OUTSIDE / 2))
    return float(np.median(given)), float(low), float(high)


def _corrected(differences: Sequence[Difference]) -> list[Difference]:
    """Return differences with corrected probabilities (Holm), in the same order."""
    tested = sorted((each.p, number) for number, each in enumerate(differences) if not math.isnan(each.p))
    corrected, highest = list(differences), 0.0
    for rank, (p, number) in enumerate(tested):
        highest = min(max(highest, p * (len(tested) - rank)), 1.0)
        corrected[number] = replace(differences[number], p=highest)
    return corrected
