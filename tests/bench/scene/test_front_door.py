"""The Envoy that llmd-routes emits, in front of stand-alone routers with their own Envoys and endpoint pickers.

It reaches them by their Services, and then asks the same endpoint pickers itself.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest

from tests.bench.cases import llmd_routes
from tests.bench.waiting import until

from .calls import call
from .cluster import Cluster
from .front_door import NAME, Standalone, open_standalone
from .gateway import CHAT, JSON, MODEL, Gateway
from .guide import check, each_block
from .test_body_to_header import NAMED, UNKNOWN, Named, ask, ask_at_length

OPTIONS = {"routers": (), "pools": ("--backend", "pool")}
ENGINES = ("vllm", "sglang")
STREAM = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "stream": True, "owned_by": "sglang"}


@pytest.fixture(scope="module")
def opened(cluster: Cluster) -> Iterator[Standalone]:
    """Two stand-alone routers."""
    with open_standalone(cluster, "standalone") as scene:
        yield scene


@pytest.fixture(scope="module", params=OPTIONS)
def scene(opened: Standalone, request: pytest.FixtureRequest) -> Standalone:
    """The routers with an Envoy in front, which asks them or their endpoint pickers."""
    opened.apply(opened.generate(*OPTIONS[request.param]))
    opened.settle()
    kind = "pool/" if request.param == "pools" else "service/"
    until(lambda: all(kind in door.routes() for door in opened.doors()), "each pod has the routes")
    # As a client of a cluster sees it: for a moment, connections to a new Service fail.
    until(lambda: opened.service().ask("GET", "/v1/models").status == 200, "the Service leads to the pods")
    return opened


@pytest.fixture
def gateway(scene: Standalone) -> Gateway:
    """The Service that clients use."""
    return scene.service()


def test_it_is_in_effect_and_healthy(scene: Standalone, gateway: Gateway) -> None:
    """Also for doctor and status, with requests of a probe to its Service."""
    for words in (
        ("status", "-n", scene.namespace, "--timeout", "60s", "-o", "json"),
        ("doctor", "-n", scene.namespace, "--gateway", NAME, "--ask-engines", "--probe", "-o", "json"),
    ):
        probe = ("--probe-url", f"http://{gateway.address}:{gateway.port}") if "--probe" in words else ()
        done = llmd_routes(*words, *probe, bench=scene.cluster.bench)
        assert done.returncode == 0, done.stdout + done.stderr
    assert {each["status"] for each in json.loads(done.stdout)["probes"]} == {200}


def picked(scene: Standalone) -> dict[str, int]:
    return {engine: scene.picked(f"chat-{engine}-epp") for engine in ENGINES}


def check_named(scene: Standalone, gateway: Gateway, case: Named) -> None:
    """Assert that the engine which a request names answers it, and that its picker alone is asked, once."""
    query, headers, fields, engine = case
    before = picked(scene)
    answer = ask(gateway, query, headers, **fields)
    assert (answer.status, answer.engine) == (200, engine), answer.body
    assert picked(scene) == before | {engine: before[engine] + 1}
    assert json.loads(answer.headers["x-bench-seen"])["path"] == CHAT


@pytest.mark.parametrize("case", NAMED)
def test_the_picker_of_the_named_engine_is_asked_once(scene: Standalone, gateway: Gateway, case: Named) -> None:
    check_named(scene, gateway, case)


@pytest.mark.parametrize(("query", "headers", "fields"), UNKNOWN)
def test_what_no_engine_serves_gets_404(
    gateway: Gateway, query: str, headers: dict[str, str], fields: dict[str, object]
) -> None:
    answer = ask(gateway, query, headers, **fields)
    assert (answer.status, answer.engine) == (404, None)
    assert json.loads(answer.body)["error"]["code"] == "model_not_found"


def test_the_address_of_a_pod_is_not_taken_from_clients(gateway: Gateway) -> None:
    answer = gateway.chat({"x-gateway-destination-endpoint": "127.0.0.1:19000"}, owned_by="sglang")
    assert (answer.status, answer.engine) == (200, "sglang")


@each_block
def test_the_guide(gateway: Gateway, block: str, tmp_path: Path) -> None:
    check(block, gateway, tmp_path)


def test_the_client_of_openai(gateway: Gateway) -> None:
    address = f"http://{gateway.address}:{gateway.port}/v1"
    with openai.OpenAI(base_url=address, api_key="none", max_retries=0) as client:
        listed = [(model.id, model.owned_by) for model in client.models.list()]
        assert listed == [(MODEL, "sglang"), (MODEL, "vllm")]
        with pytest.raises(openai.NotFoundError, match="'nope' is not served"):
            client.models.retrieve("nope")
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Hi"}], stream=True, extra_body={"owned_by": "sglang"}
        )
        assert len(list(stream)) == 6


@pytest.mark.parametrize("size", [100_000, 3_900_000])
def test_long_prompts(gateway: Gateway, size: int) -> None:
    answer = ask(gateway, messages=[{"role": "user", "content": "word " * (size // 5)}], owned_by="sglang")
    assert (answer.status, answer.engine) == (200, "sglang"), answer.body
    assert json.loads(answer.headers["x-bench-seen"])["bytes"] > size


@pytest.mark.parametrize("is_chunked", [False, True])
def test_prompts_that_are_too_long(gateway: Gateway, is_chunked: bool) -> None:
    answer = ask_at_length(gateway, 20_000_000, is_chunked)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (413, "request_too_large")


def test_a_stream_arrives_chunk_by_chunk(gateway: Gateway, scene: Standalone) -> None:
    (pod,) = [each for each in scene.pods("chat-sglang-") if "llm-d.ai/guide" in each["metadata"]["labels"]]
    events = []
    with gateway.connection() as connection:
        connection.request("POST", CHAT, json.dumps({**STREAM, "metadata": {"bench_step": "door"}}), JSON)
        response = connection.getresponse()
        while line := response.readline():
            if line.startswith(b"data: "):
                events.append(line)
                call(pod["status"]["podIP"], 30000, "POST", "/bench/step/door", body="")
    assert len(events) == 7


def test_a_hundred_streams(gateway: Gateway) -> None:
    def stream(number: int) -> tuple[str | None, int]:
        answer = ask(gateway, owned_by=ENGINES[number % 2], stream=True)
        return answer.engine, answer.body.count(b"data: ")

    with ThreadPoolExecutor(100) as pool:
        assert list(pool.map(stream, range(100))) == [("vllm", 7), ("sglang", 7)] * 50


def test_a_change_under_load_loses_no_request(scene: Standalone, gateway: Gateway) -> None:
    """The ConfigMap changes twice, and no pod restarts."""
    before = {pod["metadata"]["uid"] for pod in scene.pods(NAME)}
    text = json.dumps(scene.get("configmaps", NAME)["data"]["routes.yaml"])
    is_over = threading.Event()

    def load() -> list[int]:
        statuses = []
        while not is_over.is_set():
            statuses.append(ask(gateway, owned_by="sglang").status)
        return statuses

    with ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(load) for _ in range(4)]
        try:
            for old, new in (("/v1", "/v2"), ("/v2", "/v1")):
                # The path of the models list, in the program and in the routes.
                changed = text.replace('{\\"/v1\\"}', f'{{\\"/v1\\", \\"{new}\\"}}')
                assert changed != text
                patch = f'{{"data": {{"routes.yaml": {changed}}}}}'
                scene.kubectl("patch", "configmap", NAME, "--type=merge", "-p", patch)
                wanted = 200 if new == "/v2" else 404
                until(
                    lambda wanted=wanted: {door.ask("GET", "/v2/models").status for door in scene.doors()} == {wanted},  # type: ignore[misc]
                    f"both pods have the list below {new}, not below {old}",
                )
        finally:
            is_over.set()
        statuses = [status for each in loads for status in each.result()]
    assert (set(statuses), len(statuses) > 50) == ({200}, True)
    assert {pod["metadata"]["uid"] for pod in scene.pods(NAME)} == before


@contextmanager
def scaled_down(scene: Standalone, name: str) -> Iterator[None]:
    """Let a Deployment have no pods until the block ends."""
    scene.scale(name, 0)
    try:
        yield
    finally:
        scene.scale(name, 1)


def test_an_engine_that_is_away(scene: Standalone, gateway: Gateway) -> None:
    with scaled_down(scene, "chat-sglang"):
        until(lambda: gateway.chat({}, owned_by="sglang").status in (503, 429), "the engine is away")
        assert gateway.chat({}, owned_by="vllm").status == 200
    until(lambda: gateway.chat({}, owned_by="sglang").status == 200, "the engine is back")


def test_a_picker_that_is_away(scene: Standalone, gateway: Gateway) -> None:
    with scaled_down(scene, "chat-sglang-epp"):
        # Behind a router, its proxy answers.
        until(lambda: gateway.chat({}, owned_by="sglang").status in (500, 503), "the picker is away")
        assert gateway.chat({}, owned_by="vllm").status == 200
    until(lambda: gateway.chat({}, owned_by="sglang").status == 200, "the picker is back")


def test_applied_again_nothing_changes(scene: Standalone, request: pytest.FixtureRequest) -> None:
    emitted = scene.generate(*OPTIONS[request.node.callspec.params["scene"]])
    scene.apply(emitted)
    changed = [line for line in scene.apply(emitted).splitlines() if not line.endswith(" unchanged")]
    # kubectl replaces the selector of this kind every time.
    assert changed == [f"poddisruptionbudget.policy/{NAME} configured"]
