"""`llmd-routes compare` with vLLM, SGLang and llama.cpp behind one Gateway: `make engines`.

The engines have random weights and share two cores, so the check is that each is measured, not which one is better.
"""

from __future__ import annotations

import json

from llmd_routes.comparing.replies import METRICS
from tests.bench.scene.gateway import MODEL
from tests.bench.scene.scene import Scene
from tests.golden import run

from .conftest import ENGINES

REQUESTS = 10
# llama.cpp may require it since another check; other engines ignore it.
KEY = "authorization: Bearer k"


def test_each_engine_is_measured(guide: Scene) -> None:
    gateway = guide.gateway()
    counts = ("--requests", str(REQUESTS), "--warm-up", "1", "--max-tokens", "8")
    done = run(
        "compare", f"http://{gateway.address}:{gateway.port}", "--model", MODEL, "-H", KEY, *counts, "-o", "json"
    )
    assert done.code == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["complete"]
    assert sorted(report["engines"]) == sorted(ENGINES)
    assert report["errors"] == {engine: {} for engine in report["engines"]}
    summaries = {(each["engine"], each["metric"]): each for each in report["summaries"]}
    assert set(summaries) == {(engine, row.name) for engine in ENGINES for row in METRICS}
    for summary in summaries.values():
        low, high = summary["interval"]
        assert summary["replies"] == REQUESTS
        assert 0 < low <= summary["median"] <= high
    assert len(report["differences"]) == 3 * len(METRICS)
