"""What happens later: an engine goes, a second set of routes stands beside, an older catch-all is in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.cases import llmd_routes, objects
from tests.bench.waiting import until

from .cluster import Cluster
from .gateway import ASK, CHAT, JSON, MODEL, Gateway
from .routing import done
from .scene import POOLS, Scene, is_available, open_scene

Obj = dict[str, Any]
HEADERS = {"x-gateway-model-name": MODEL}
VLLM, SGLANG, UNKNOWN = ({**HEADERS, "x-owned-by": engine} for engine in ("vllm", "sglang", "nope"))
HEADERS_ONLY = ("--body-to-header", "none")
SPLIT = ("generate", "--gateway", "inference-gateway", "--split", "vllm=1,sglang=1", *HEADERS_ONLY)
APPLYSET = ("--prune", "--applyset=llmd-routes")


@pytest.fixture
def scene(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The cluster of the guide, in a namespace of the test's own."""
    with open_scene(cluster, "two-engines", request.node.name.replace("_", "-").removeprefix("test-")) as opened:
        yield opened


def answers(gateway: Gateway, *asked: dict[str, str]) -> list[tuple[int, str | None]]:
    """Return the status and the engine of each answer."""
    given = [gateway.chat(headers) for headers in asked]
    return [(answer.status, answer.engine) for answer in given]


def test_an_engine_goes(scene: Scene) -> None:
    """Its matches and its pool go with it, and a second set of routes beside is not touched."""
    scene.apply(scene.generate(*HEADERS_ONLY), *APPLYSET, "-n", scene.namespace)
    beside = scene.generate(*HEADERS_ONLY, "--instance", "beside", "--path-prefix", "/beside/v1")
    scene.apply(beside, "--prune", "--applyset=beside", "-n", scene.namespace)
    scene.settle()
    gateway, neighbour = scene.gateway(), scene.get("httproutes", "beside")
    assert answers(gateway, VLLM, SGLANG, UNKNOWN, HEADERS) == [
        (200, "vllm"),
        (200, "sglang"),
        (500, None),
        (200, "vllm"),
    ]
    for release in ("ms", "gaie"):
        scene.kubectl("delete", "deployment", "-l", f"app.kubernetes.io/instance={release}-sglang-qwen2-5-0-5b")
    scene.apply(scene.generate(*HEADERS_ONLY), *APPLYSET, "-n", scene.namespace)
    scene.settle()
    assert [pool["metadata"]["name"] for pool in scene.get(POOLS)["items"]] == ["gaie-vllm-qwen2-5-0-5b"]
    assert answers(gateway, VLLM, SGLANG, HEADERS) == [(200, "vllm"), (500, None), (200, "vllm")]
    after = scene.get("httproutes", "beside")
    assert (after["metadata"]["generation"], after["spec"]) == (neighbour["metadata"]["generation"], neighbour["spec"])
    answer = gateway.ask("POST", f"/beside{CHAT}", {**JSON, **VLLM}, ASK)
    assert (answer.engine, json.loads(answer.headers["x-bench-seen"])["path"]) == ("vllm", CHAT)


def test_an_older_catch_all(scene: Scene) -> None:
    """The route that llm-d v0.3 to v0.6 told its users to make receives what these routes do not match."""
    scene.apply(scene.generate())
    scene.apply(json.dumps(catch_all(scene)))
    scene.settle()
    gateway = scene.gateway()
    assert answers(gateway, SGLANG, UNKNOWN, {}) == [(200, "sglang"), (404, None), (200, "vllm")]
    assert gateway.ask("GET", "/metrics").engine == "vllm"
    done = scene.generated()
    name = f"{scene.namespace}/llm-d-route"
    assert "[catch-all-route]\n" in done.stderr
    assert f"  fix: keep both, or set a narrower path in spec.rules[0].matches of HTTPRoute {name}\n" in done.stderr
    assert " delete " not in done.stderr
    narrowed = catch_all(scene)
    narrowed["spec"]["rules"][0]["matches"][0]["path"]["value"] = "/old"
    scene.apply(json.dumps(narrowed))
    scene.apply(done.stdout)
    scene.settle()
    assert answers(gateway, VLLM, SGLANG, UNKNOWN, HEADERS, {}) == [
        (200, "vllm"),
        (200, "sglang"),
        (404, None),
        (200, "vllm"),
        (200, "vllm"),
    ]
    assert gateway.ask("GET", "/metrics").status == 404


def test_weights_ask_one_picker(scene: Scene) -> None:
    """Why weights are no way to split on istio: whatever engine is drawn, the picker of the last pool is asked."""
    scene.apply("\n---\n".join(json.dumps(obj) for obj in objects(scene.generate()) if obj["kind"] != "HTTPRoute"))
    pools = [f"gaie-{engine}-qwen2-5-0-5b" for engine in ("vllm", "sglang")]
    backends = [{"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": pool} for pool in pools]
    route = catch_all(scene)
    route["spec"]["rules"][0]["backendRefs"] = backends
    scene.apply(json.dumps(route))
    until(lambda: any(one.picker for one in done(scene.gateway())), "Envoy has the route")
    until(lambda: all(map(is_available, scene.get("deployments")["items"])), "the pickers are ready")
    gateway, asked = scene.gateway(), [scene.picked(pool) for pool in pools]
    until(lambda: "x-went-into-resp-headers" in gateway.chat({}).headers, "a picker is asked")
    for _ in range(10):
        assert gateway.chat({}).status == 200
    first, last = (scene.picked(pool) - before for pool, before in zip(pools, asked, strict=True))
    assert first == 0
    assert last > 10
    told = llmd_routes(*SPLIT, "-n", scene.namespace, bench=scene.cluster.bench).stderr
    assert told.startswith(f"error: --split: Gateway {scene.namespace}/inference-gateway runs istio, and ")


def catch_all(scene: Scene) -> Obj:
    """Return that route, to the pool of vllm."""
    pool = {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "gaie-vllm-qwen2-5-0-5b"}
    match = {"path": {"type": "PathPrefix", "value": "/"}}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "llm-d-route", "namespace": scene.namespace},
        "spec": {"parentRefs": [{"name": "inference-gateway"}], "rules": [{"matches": [match], "backendRefs": [pool]}]},
    }
