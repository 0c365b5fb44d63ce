"""Serve the health, the readiness and the metrics of a controller over HTTP. I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from llmd_routes.errors import InputError

from .state import State

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_PREFIX: Final = "llmd_routes_controller"
# Name, help and value of each gauge.
_GAUGES: Final[tuple[tuple[str, str, Callable[[State], float]], ...]] = (
    ("leader", "Whether this process applies routes.", lambda state: state.leads()),
    ("ready", "Whether everything that decides about routes was read.", lambda state: state.is_ready),
    ("routes", "Routes by model and engine that should exist.", lambda state: state.routes),
    ("withheld_routes", "Routes that stay although no ModelService requires them.", lambda state: state.withheld),
    ("problems", "Errors and warnings of the last pass.", lambda state: state.problems),
    ("failing_feeds", "Lists that cannot be followed now.", lambda state: state.failing),
    ("pass_seconds", "Duration of the last pass.", lambda state: state.seconds),
    ("complete_timestamp_seconds", "Time of the last pass after which all was as desired.", lambda s: s.complete),
)
_COUNTERS: Final[tuple[tuple[str, str, Callable[[State], float]], ...]] = (
    ("applied_objects", "Objects that were created or changed.", lambda state: state.applied),
    ("removed_objects", "Objects that were deleted.", lambda state: state.removed),
)


def start_monitoring(state: State, port: int) -> int:
    """Serve /health, /readyz and /metrics in a thread; return the port, which 0 lets the system choose.

    Raises InputError if the port is not available.
    """
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    class Quiet(WSGIRequestHandler):
        # Seconds until a client must have sent its request.
        timeout = 10

        def log_message(self, *_: object) -> None:
            """Write nothing: the log has what the controller does."""

    class Threading(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    try:
        server = make_server("", port, _application(state), Threading, Quiet)
    except OSError as error:
        raise InputError(f"--monitoring-port {port}: {error.strerror}; choose another port") from None
    Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def _application(state: State) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
    from prometheus_client.registry import Collector

    class Numbers(Collector):
        def collect(self) -> Iterator[Metric]:
            yield from _metrics(state)

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Numbers())
    metrics = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            return metrics(environ, start_response)  # type: ignore[no-any-return]
        known = {"/health": state.is_alive(), "/readyz": state.is_ready}
        status = "404 Not Found" if path not in known else "200 OK" if known[path] else "503 Service Unavailable"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{status[4:].lower()}\n".encode()]

    return answer


def _metrics(state: State) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    for name, text, value in _GAUGES:
        yield GaugeMetricFamily(f"{_PREFIX}_{name}", text, value(state))
    for name, text, value in _COUNTERS:
        yield CounterMetricFamily(f"{_PREFIX}_{name}", text, value(state))
    passes = CounterMetricFamily(f"{_PREFIX}_passes", "Passes by result.", labels=["result"])
    for result, count in state.passes.items():
        passes.add_metric([result], count)
    yield passes
