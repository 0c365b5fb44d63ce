"""Put the parts of a controller together."""

from __future__ import annotations

from dataclasses import dataclass

from llmd_routes.reading.connection import Server

from .election import Fenced, always, start_election
from .log import Log
from .loop import Loop
from .monitoring import start_monitoring
from .passes import Wishes
from .reporting import Reporter
from .state import State


@dataclass(frozen=True, slots=True)
class Parts:
    """What a controller reads and writes: a cluster, its options, and a log."""

    server: Server
    wishes: Wishes
    log: Log


def start(parts: Parts, lease: str | None = None, port: int | None = None) -> Loop:
    """Return a loop that is ready to run; with a Lease, take part in its election; with a port, serve metrics.

    Raises InputError if the port is not available.
    """
    state = State(always)
    # `leads` is replaced below, before the loop runs.
    writer = Fenced(parts.server, lambda: state.leads())
    reporter = Reporter(parts.log, state, writer)
    loop = Loop(parts.server, writer, parts.wishes, state, reporter)
    if port is not None:
        parts.log.write("info", f"serving /health, /readyz and /metrics at port {start_monitoring(state, port)}")
    if lease is not None:
        election = start_election(parts.server, lease, loop.wake)
        state.leads = election.leads
        loop.at_end = election.release
    return loop
