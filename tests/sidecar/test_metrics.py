"""The metrics of the services that read bodies, as Prometheus scrapes them."""

from __future__ import annotations

from prometheus_client import generate_latest

from llmd_routes_sidecar.exchange import Room
from llmd_routes_sidecar.metrics import Metrics


def lines_of(metrics: Metrics) -> list[str]:
    return generate_latest(metrics.registry).decode().splitlines()


def test_every_outcome_is_there_from_the_start() -> None:
    lines = lines_of(Metrics(Room(10), "x"))
    outcomes = ("model", "no_model", "not_ours", "too_large", "refused", "busy", "failed")
    assert [f'llmd_routes_x_requests_total{{outcome="{outcome}"}} 0.0' for outcome in outcomes] == [
        line for line in lines if line.startswith("llmd_routes_x_requests_total{")
    ]
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)


def test_requests_are_counted_with_their_bodies_and_durations() -> None:
    room = Room(10)
    metrics = Metrics(room, "x")
    metrics.add("model", 100, 0.0005)
    metrics.add("busy", 0, 7.0)
    metrics.count("model")
    metrics.read(5)
    room.take(3)
    lines = lines_of(metrics)
    for line in (
        'llmd_routes_x_requests_total{outcome="model"} 2.0',
        'llmd_routes_x_requests_total{outcome="busy"} 1.0',
        "llmd_routes_x_body_bytes_total 105.0",
        'llmd_routes_x_seconds_bucket{le="0.0005"} 1.0',
        'llmd_routes_x_seconds_bucket{le="5.0"} 1.0',
        'llmd_routes_x_seconds_bucket{le="+Inf"} 2.0',
        "llmd_routes_x_seconds_count 2.0",
        "llmd_routes_x_seconds_sum 7.0005",
        "llmd_routes_x_held_bytes 3.0",
    ):
        assert line in lines
