"""Count the requests of the services that read bodies. Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from .answers import Answer
from .exchange import Chunk, Head, Piece, Reply, Room

_OUTCOMES: Final = ("model", "no_model", "not_ours", "too_large", "refused", "busy", "failed")
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics(Collector):
    """Requests by result, bytes of their bodies, their durations, and buffered bytes.

    The names begin with `llmd_routes_` and the name of the service. Call the methods in one thread: numbers without
    locks cost a fraction of those of the library.
    """

    def __init__(self, room: Room, service: str = "ext_proc") -> None:
        self._name = f"llmd_routes_{service}"
        self._requests = dict.fromkeys(_OUTCOMES, 0)
        self._bytes = 0
        self._in_buckets = [0] * (len(_SECONDS) + 1)
        self._seconds = 0.0
        self._room, self._most = room, room.free
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics as they are now."""
        requests = CounterMetricFamily(
            f"{self._name}_requests", "Requests, by what became of them.", labels=["outcome"]
        )
        for outcome, count in self._requests.items():
            requests.add_metric([outcome], count)
        yield requests
        yield CounterMetricFamily(f"{self._name}_body_bytes", "Bytes of bodies that were read.", self._bytes)
        limits = [*map(str, _SECONDS), "+Inf"]
        yield HistogramMetricFamily(
            f"{self._name}_seconds",
            "From the head of a request to its decision, its body included.",
            list(zip(limits, accumulate(self._in_buckets), strict=True)),
            self._seconds,
        )
        held = self._most - self._room.free
        yield GaugeMetricFamily(f"{self._name}_held_bytes", "Bytes of bodies that are held now.", held)

    def add(self, outcome: str, count: int, seconds: float) -> None:
        """Count a request with its body, in bytes, and its duration."""
        self._requests[outcome] += 1
        self._bytes += count
        self._in_buckets[bisect_left(_SECONDS, seconds)] += 1
        self._seconds += seconds

    def read(self, count: int) -> None:
        """Count bytes of a body."""
        self._bytes += count

    def took(self, seconds: float) -> None:
        """Count the duration of a request."""
        self._in_buckets[bisect_left(_SECONDS, seconds)] += 1
        self._seconds += seconds

    def replied(self, reply: Reply) -> bool:
        """Count the result of a request if this reply decides it; return whether it does."""
        outcome = _outcome(reply)
        if outcome is not None:
            self.count(outcome)
        return outcome is not None

    def count(self, outcome: str) -> None:
        """Count a request by what became of it."""
        self._requests[outcome] += 1


def _outcome(reply: Reply) -> str | None:
    if isinstance(reply, Answer):
        return {413: "too_large", 503: "busy"}.get(reply.status, "refused")
    if isinstance(reply, Chunk) or not isinstance(reply, Head | Piece) or reply.decision is None:
        return None
    if reply.decision.keeps_owner:
        return "not_ours"
    return "no_model" if reply.decision.model is None else "model"
