"""The guide's cluster, without a carrier: the gateway that answered 404 answers from the engine that headers name."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.bench.cases import objects

from .calls import Answer, call, read
from .cluster import Cluster
from .gateway import CHAT, JSON, MODEL, Gateway
from .routing import done
from .scene import POOLS, Scene, holds, open_scene

ENGINES = ("vllm", "sglang")
HEADERS_ONLY = ("--body-to-header", "none")
MODEL_HEADER = {"x-gateway-model-name": MODEL}


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The cluster of the guide, as it is found."""
    with open_scene(cluster, "two-engines", "two-engines") as opened:
        yield opened


@pytest.fixture(scope="module")
def before(scene: Scene) -> Answer:
    """What the gateway answered before there were routes."""
    return scene.gateway().chat(MODEL_HEADER)


@pytest.fixture(scope="module")
def printed(scene: Scene, before: Answer) -> str:
    """What was applied to it."""
    text = scene.generate(*HEADERS_ONLY)
    scene.apply(text)
    scene.settle()
    return text


@pytest.fixture(scope="module")
def gateway(scene: Scene, printed: str) -> Gateway:
    """The gateway, with routes."""
    return scene.gateway()


def picked(scene: Scene) -> dict[str, int]:
    """Return how many requests each endpoint picker has picked for, by engine."""
    return {engine: scene.picked(f"gaie-{engine}-") for engine in ENGINES}


def test_it_answered_404_before(before: Answer) -> None:
    assert (before.status, before.engine) == (404, None)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("model_name", "owner_name"),
    [("x-gateway-model-name", "x-owned-by"), ("X-Gateway-Model-Name", "X-Owned-By"), ("X-GATEWAY-MODEL-NAME",) * 2],
)
def test_the_engine_that_headers_name(
    gateway: Gateway, scene: Scene, engine: str, model_name: str, owner_name: str
) -> None:
    owner_name = owner_name if owner_name != model_name else "X-OWNED-BY"
    asked = picked(scene)
    answer = gateway.chat({model_name: MODEL, owner_name: engine})
    assert (answer.status, answer.engine) == (200, engine), answer.body
    assert json.loads(answer.body)["choices"][0]["message"]["content"]
    assert picked(scene) == asked | {engine: asked[engine] + 1}


def test_an_unknown_engine_is_answered_by_none(gateway: Gateway) -> None:
    answer = gateway.chat({**MODEL_HEADER, "x-owned-by": "nope"})
    assert (answer.status, answer.engine) == (500, None)


def test_an_unknown_model_is_answered_by_none(gateway: Gateway) -> None:
    assert gateway.chat({"x-gateway-model-name": "nope", "x-owned-by": "vllm"}).status == 500
    assert gateway.chat({"x-gateway-model-name": "nope"}).status == 404


def test_the_default_engine_answers_when_none_is_named(gateway: Gateway) -> None:
    assert gateway.chat(MODEL_HEADER).engine == "vllm"


@pytest.mark.parametrize(("method", "path"), [("GET", "/metrics"), ("POST", "/flush_cache")])
def test_admin_paths_are_not_reachable(gateway: Gateway, method: str, path: str) -> None:
    answer = gateway.ask(method, path, {**MODEL_HEADER, "x-owned-by": "sglang"}, "" if method == "POST" else None)
    assert (answer.status, answer.engine) == (404, None)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stream_arrives_chunk_by_chunk(gateway: Gateway, scene: Scene, engine: str) -> None:
    (pod,) = scene.pods(f"ms-{engine}-")
    port = pod["spec"]["containers"][0]["ports"][0]["containerPort"]
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "metadata": {"bench_step": engine},
    }
    headers = {**MODEL_HEADER, "x-owned-by": engine, **JSON}
    with gateway.connection() as connection:
        connection.request("POST", CHAT, json.dumps(body), headers)
        response = connection.getresponse()
        events = []
        while line := response.readline():
            if line.startswith(b"data: "):
                events.append(line.removeprefix(b"data: ").strip())
                # Only now the engine goes on: had anybody held the chunk back, nothing would have come.
                call(pod["status"]["podIP"], port, "POST", f"/bench/step/{engine}", body="")
        assert read(response).headers["content-type"] == "text/event-stream"
    assert len(events) == 7
    assert events[-1] == b"[DONE]"


def test_everything_is_accepted(scene: Scene, printed: str) -> None:
    for obj in objects(printed):
        kind, name = obj["kind"], obj["metadata"]["name"]
        if kind == "HTTPRoute":
            found = scene.get("httproutes", name)
            for parent in found["status"]["parents"]:
                assert holds(found, "Accepted", parent)
                assert holds(found, "ResolvedRefs", parent)
        if kind == "InferencePool":
            found = scene.get(POOLS, name)
            assert [parent for parent in found["status"]["parents"] if holds(found, "Accepted", parent)]


def test_envoy_asks_the_picker_of_each_pool(gateway: Gateway, printed: str) -> None:
    pickers = {
        (f"two-engines/{pool['metadata']['name']}", f"two-engines/{pool['spec']['endpointPickerRef']['name']}")
        for pool in objects(printed)
        if pool["kind"] == "InferencePool"
    }
    assert len(pickers) == 2
    assert {(one.routed.pool, one.picker) for one in done(gateway) if one.routed.pool} == pickers


def test_a_second_apply_changes_nothing(scene: Scene, printed: str) -> None:
    again = scene.generate(*HEADERS_ONLY)
    assert again == printed
    said = scene.apply(again).splitlines()
    assert [line for line in said if not line.endswith(" unchanged")] == []
    assert len(said) == len(objects(printed))
