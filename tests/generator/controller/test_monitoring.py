"""Health, readiness and metrics over a real socket."""

from __future__ import annotations

import socket
import time
from http.client import HTTPConnection

import pytest

from llmd_routes.controller.monitoring import start_monitoring
from llmd_routes.controller.state import State
from llmd_routes.errors import InputError


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body


def test_health_readiness_and_metrics() -> None:
    state = State(lambda: True)
    port = start_monitoring(state, 0)
    assert get(port, "/health") == (200, "ok\n")
    assert get(port, "/readyz") == (503, "service unavailable\n")
    assert get(port, "/other") == (404, "not found\n")
    state.is_ready, state.applied, state.withheld = True, 7, 2
    state.passes["incomplete"] = 3
    state.step = time.monotonic() - 1000
    assert get(port, "/readyz")[0] == 200
    assert get(port, "/health") == (503, "service unavailable\n")
    status, text = get(port, "/metrics")
    assert status == 200
    for line in (
        "llmd_routes_controller_leader 1.0",
        "llmd_routes_controller_applied_objects_total 7.0",
        "llmd_routes_controller_withheld_routes 2.0",
        'llmd_routes_controller_passes_total{result="incomplete"} 3.0',
        "process_resident_memory_bytes ",
    ):
        assert f"\n{line}" in text


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"--monitoring-port {port}: .*; choose another port"):
            start_monitoring(State(lambda: True), port)
