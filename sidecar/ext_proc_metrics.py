"""Count the requests of the services that read bodies. Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from .answers import Answer
from .exchange import Chunk, Head, Piece, Reply, Room

_OUTCOMES = ("model", "no_model", "not_ours", "too_large", "refused", "busy", "failed")
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """Requests by result, bytes of their bodies, their durations, and buffered bytes.

    The names begin with `llmd_routes_` and the name of the service.
    """

    def __init__(self, room: Room, service: str = "ext_proc") -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            f"llmd_routes_{service}_requests", "Requests, by what became of them.", ["outcome"], registry=self.registry
        )
        self._by_outcome = {outcome: self._requests.labels(outcome) for outcome in _OUTCOMES}
        self._bytes = Counter(
            f"llmd_routes_{service}_body_bytes", "Bytes of bodies that were read.", registry=self.registry
        )
        self.seconds = Histogram(
            f"llmd_routes_{service}_seconds",
            "From the head of a request to its decision, its body included.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        held = Gauge(f"llmd_routes_{service}_held_bytes", "Bytes of bodies that are held now.", registry=self.registry)
        most = room.free
        held.set_function(lambda: most - room.free)

    def read(self, count: int) -> None:
        """Count bytes of a body."""
        self._bytes.inc(count)

    def replied(self, reply: Reply) -> bool:
        """Count the result of a request if this reply decides it; return whether it does."""
        outcome = _outcome(reply)
        if outcome is not None:
            self.count(outcome)
        return outcome is not None

    def count(self, outcome: str) -> None:
        """Count a request by what became of it."""
        self._by_outcome[outcome].inc()

    def failed(self) -> None:
        """Count a request that failed because of an error in the processor."""
        self._by_outcome["failed"].inc()


def _outcome(reply: Reply) -> str | None:
    if isinstance(reply, Answer):
        return {413: "too_large", 503: "busy"}.get(reply.status, "refused")
    if isinstance(reply, Chunk) or not isinstance(reply, Head | Piece) or reply.decision is None:
        return None
    if reply.decision.keeps_owner:
        return "not_ours"
    return "no_model" if reply.decision.model is None else "model"
