"""The values of a comparison: what is asked, and how each engine replied. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

# What is compared: the time to the first token, the mean time between two tokens, and tokens per second.
Metric = Literal["first", "gap", "rate"]


class Row(NamedTuple):
    """A metric in reports: its title, its name in data, its unit there, and the unit and factor for people."""

    metric: Metric
    title: str
    name: str
    unit: str
    shown_unit: str
    factor: float = 1.0
    higher_is_better: bool = False


METRICS: Final = (
    Row("first", "time to first token", "timeToFirstToken", "s", "ms", 1000.0),
    Row("gap", "time between tokens", "timeBetweenTokens", "s", "ms", 1000.0),
    Row("rate", "tokens per second", "tokensPerSecond", "1/s", "1/s", higher_is_better=True),
)
ROWS: Final = {row.metric: row for row in METRICS}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked: `requests` prompts for each engine of a model after `warm_up` ones, `concurrency` at a time.

    `url` is that of the API, such as http://HOST/v1. An answer has at most `max_tokens` tokens.
    """

    url: str
    model: str
    engines: tuple[str, ...]
    requests: int = 100
    concurrency: int = 1
    warm_up: int = 5
    max_tokens: int = 100


@dataclass(frozen=True, slots=True)
class Reply:
    """How an engine replied to a prompt in a round; each round sends one prompt to each engine.

    `moments` are the times of the parts of its text in seconds since the request was sent, in order; a part has one
    token or several. `tokens` is their number if the engine reports it. `error` is why there is no complete reply.
    """

    engine: str
    round: int
    moments: tuple[float, ...] = ()
    tokens: int | None = None
    error: str | None = None

    def value(self, metric: Metric) -> float | None:
        """Return a metric, None if the reply does not have it."""
        if self.error is not None or not self.moments:
            return None
        first, last, count = self.moments[0], self.moments[-1], self.tokens or len(self.moments)
        if metric == "first":
            return first
        if metric == "rate":
            return count / last if last > 0 else None
        return (last - first) / (count - 1) if count > 1 else None
