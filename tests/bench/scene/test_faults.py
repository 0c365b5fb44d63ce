"""What a client sees when a part of the chain is away: docs/explanation/faults.md says the same in words."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.bench.waiting import until

from .calls import Answer
from .cluster import Cluster
from .gateway import CHAT, JSON, MODEL, Gateway
from .routing import addresses, done
from .scene import Scene, is_ready, open_scene

HEADERS = {"x-gateway-model-name": MODEL}
VLLM, SGLANG = ({**HEADERS, "x-owned-by": engine} for engine in ("vllm", "sglang"))
EPP, POOL = "gaie-vllm-qwen2-5-0-5b-epp", "gaie-vllm-qwen2-5-0-5b"
ENGINE = "ms-vllm-qwen2-5-0-5b-llm-d-modelservice-decode"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster with its routes."""
    with open_scene(cluster, "two-engines", "faults") as opened:
        opened.apply(opened.generate())
        opened.settle()
        yield opened


@pytest.fixture
def gateway(scene: Scene) -> Iterator[Gateway]:
    """Its gateway, at which every test finds and leaves both engines."""
    gateway = scene.gateway()
    assert seen(gateway.chat(VLLM), gateway.chat(SGLANG)) == [(200, "vllm"), (200, "sglang")]
    yield gateway
    scene.settle()


def seen(*answers: Answer) -> list[tuple[int, str | None]]:
    return [(answer.status, answer.engine) for answer in answers]


def without_picker(scene: Scene, gateway: Gateway) -> None:
    scene.scale(EPP, 0)
    until(lambda: not addresses(gateway)[f"{scene.namespace}/{EPP}"], "Envoy knows that the picker is gone")


def test_fail_open_goes_on_without_its_picker(scene: Scene, gateway: Gateway) -> None:
    without_picker(scene, gateway)
    assert seen(gateway.chat(VLLM), gateway.chat(SGLANG)) == [(200, "vllm"), (200, "sglang")]
    scene.scale(EPP, 1)


def test_fail_close_does_not(scene: Scene, gateway: Gateway) -> None:
    set_failure_mode(scene, "FailClose")
    without_picker(scene, gateway)
    assert seen(gateway.chat(VLLM), gateway.chat(SGLANG)) == [(500, None), (200, "sglang")]
    scene.scale(EPP, 1)
    scene.settle()
    assert seen(gateway.chat(VLLM)) == [(200, "vllm")]
    set_failure_mode(scene, "FailOpen")


def set_failure_mode(scene: Scene, mode: str) -> None:
    patch = json.dumps({"spec": {"endpointPickerRef": {"failureMode": mode}}})
    scene.kubectl("patch", "inferencepool", POOL, "--type=merge", f"--patch={patch}")
    opens = mode == "FailOpen"

    def arrived() -> bool:
        found = {one.fails_open for one in done(scene.gateway()) if one.routed.pool == f"{scene.namespace}/{POOL}"}
        return found == {opens}

    until(arrived, f"Envoy knows {mode}")


def test_an_engine_without_pods(scene: Scene, gateway: Gateway) -> None:
    scene.scale(ENGINE, 0)
    until(lambda: not addresses(gateway)[f"{scene.namespace}/{POOL}"], "Envoy knows that the engine is gone")
    assert seen(gateway.chat(VLLM), gateway.chat(SGLANG), gateway.chat(HEADERS)) == [
        (503, None),
        (200, "sglang"),
        (503, None),
    ]
    scene.scale(ENGINE, 1)


def test_an_engine_that_dies_while_it_streams(scene: Scene, gateway: Gateway) -> None:
    (pod,) = scene.pods(ENGINE)
    body = json.dumps(
        {
            "model": MODEL,
            "messages": [{"role": "user", "content": "Hi"}],
            "stream": True,
            "metadata": {"bench_step": "dies"},
        }
    )
    with gateway.connection() as connection:
        connection.request("POST", CHAT, body, {**JSON, **VLLM})
        with connection.getresponse() as response:
            assert (response.status, response.readline()[:6]) == (200, b"data: ")
            scene.kill(pod)
            with pytest.raises(http.client.IncompleteRead):
                response.read()


def test_istiod_restarts_unseen(scene: Scene, gateway: Gateway) -> None:
    """Requests go on without it; what changed in between arrives when it is back.

    At its first push istiod may not know the pools yet, and routes to nowhere: 500 for some 40 ms, in one start of 75.
    """
    answers: Counter[tuple[int, str | None]] = Counter()
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            answers.update(seen(gateway.chat(VLLM)))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        scene.cluster.istiod.kill()
        scene.apply(scene.generate("--default-engine", "sglang"))
        assert seen(gateway.chat(HEADERS)) == [(200, "vllm")]
        assert answers.keys() == {(200, "vllm")}
        scene.cluster.istiod.start()
        scene.settle()
        assert seen(gateway.chat(HEADERS)) == [(200, "sglang")]
    finally:
        stop.set()
        asking.join()
        scene.apply(scene.generate("--default-engine", "vllm"))
    assert answers.keys() <= {(200, "vllm"), (500, None)}


def test_envoy_restarts(scene: Scene, gateway: Gateway) -> None:
    (pod,) = scene.pods("inference-gateway")
    scene.kill(pod)
    with pytest.raises(OSError, match=r"refused|reset|unreachable|route|timed out"):
        gateway.chat(VLLM)
    until(lambda: is_ready(scene.pods("inference-gateway")[0]), "the gateway is ready")
    until(gateway.listens, "Envoy has its listener")
    scene.settle()
    assert seen(gateway.chat(VLLM), gateway.chat(SGLANG)) == [(200, "vllm"), (200, "sglang")]
