"""What `explain` predicts is what an emitted Envoy does: thousands of requests to two engines.

Nothing listens behind Envoy, so a request that a route takes gets 503, and counters show which pool Envoy chose.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.explained import Sent, outcome, predict, requests
from tests.generator.emitted import emitted

from .client import call
from .front_door import Door, door

REQUESTS = 400
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"hostnames": ("a.example", "*.a.example")},
    {"path_prefixes": ("/v1", "/other/v1"), "keep_query": True},
    {"body_to_header": "none"},
    {"body_limit": "1Ki", "defaults": ("m1=sglang",)},
)


@pytest.mark.parametrize("seed", range(len(OPTIONS)))
def test_the_prediction_is_what_envoy_does(tmp_path: Path, seed: int) -> None:
    objects = emitted("envoy", **OPTIONS[seed])
    (files,) = (obj["data"] for obj in objects if obj["kind"] == "ConfigMap")
    with door(tmp_path, 1, files) as running:
        statuses = set()
        for sent in requests(Random(seed), REQUESTS, "127.0.0.1"):
            explanation = predict(objects, "door", sent, "127.0.0.1")
            status, chosen = ask(running, sent)
            assert (status, chosen) == outcome(explanation), (sent, explanation)
            statuses.add(status)
    assert statuses >= ({404, 503} if "body_to_header" in OPTIONS[seed] else {200, 400, 404, 405, 503})
    assert (413 in statuses) == ("body_limit" in OPTIONS[seed])


def ask(running: Door, sent: Sent) -> tuple[int, str | None]:
    """Send a request; return its status, and the pool whose picker Envoy tried to reach."""
    before = asked(running)
    status = call(running.port, *sent)[0]
    moved = [name for name, times in asked(running).items() if times != before.get(name, 0)]
    assert len(moved) <= 1, moved
    return status, moved[0] if moved else None


def asked(running: Door) -> dict[str, int]:
    """Return how often Envoy tried to reach the endpoint picker of each pool."""
    text = running.ask(running.places.admin_port, "/stats?filter=upstream_cx_total")[1]
    return {name: int(times) for name, times in re.findall(r"picker/[^/]+/([a-z]+)-epp/.*: (\d+)", text)}
