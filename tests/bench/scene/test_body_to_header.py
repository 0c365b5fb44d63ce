"""Body to header on the real chain: istiod gives the emitted filter to Envoy, and pickers get what was decided.

By the filter itself, or by a service that it asks.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from tests.bench.cases import llmd_routes, objects

from .calls import Answer, call, read
from .cluster import Cluster
from .gateway import CHAT, JSON, MODEL, Gateway
from .scene import Scene, open_scene
from .test_models import IMAGE

Obj = dict[str, Any]
MESSAGES = [{"role": "user", "content": "Hello! Say hi"}]
BODY: Obj = {"model": MODEL, "messages": MESSAGES}


CARRIERS = {
    "in-gateway": (),
    **{kind: ("--body-to-header", kind, "--image", IMAGE) for kind in ("ext-proc", "ext-authz")},
}


@pytest.fixture(scope="module", params=CARRIERS)
def carrier(request: pytest.FixtureRequest) -> str:
    """What reads bodies."""
    return str(request.param)


@dataclass(frozen=True)
class Carried(Scene):
    """A scene whose routes come with a carrier, unless another is asked for."""

    carrier: str

    def generated(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the program for the namespace, with the options of the carrier."""
        return super().generated(*options, *(() if "--body-to-header" in options else CARRIERS[self.carrier]))


@pytest.fixture(scope="module")
def scene(cluster: Cluster, carrier: str) -> Iterator[Scene]:
    """The guide's cluster with its routes."""
    with open_scene(cluster, "two-engines", f"bodies-{carrier}") as opened:
        carried = Carried(opened.cluster, opened.namespace, carrier)
        carried.apply(carried.generate())
        carried.settle()
        yield carried


@pytest.fixture(scope="module")
def gateway(scene: Scene) -> Gateway:
    return scene.gateway()


def ask(gateway: Gateway, query: str = "", headers: dict[str, str] | None = None, **fields: object) -> Answer:
    return gateway.ask("POST", CHAT + query, {**JSON, **(headers or {})}, json.dumps({**BODY, **fields}))


def ask_at_length(gateway: Gateway, size: int, is_chunked: bool) -> Answer:
    """Send a body of about `size` bytes that the gateway refuses before it has read all of it."""
    text = json.dumps({**BODY, "messages": [{"role": "user", "content": "word " * (size // 5)}]}).encode()
    with gateway.connection() as connection:
        with suppress(ConnectionError):
            connection.request("POST", CHAT, iter([text]) if is_chunked else text, JSON, encode_chunked=is_chunked)
        return read(connection.getresponse())


def picked(scene: Scene) -> dict[str, int]:
    return {engine: scene.picked(f"gaie-{engine}-") for engine in ("vllm", "sglang")}


# Query, headers, fields of the body, and the engine that answers.
Named = tuple[str, dict[str, str], Obj, str]
NAMED: list[Named] = [
    ("", {}, {"owned_by": "vllm", "max_tokens": 30}, "vllm"),
    ("", {}, {"owned_by": "sglang", "max_tokens": 30}, "sglang"),
    ("", {"x-owned-by": "sglang"}, {}, "sglang"),
    ("", {"X-Owned-By": "SGLang"}, {}, "sglang"),
    ("", {"x-inference-server": "sglang"}, {}, "sglang"),
    ("", {}, {"engine": " SGLANG\t"}, "sglang"),
    ("", {}, {"inference_server": "sglang"}, "sglang"),
    ("?owned_by=sglang", {}, {}, "sglang"),
    ("?engine=sg%6Cang&a=1", {}, {}, "sglang"),
    ("", {}, {}, "vllm"),
    ("?a=1", {}, {}, "vllm"),
    ("?owned_by=vllm", {"x-owned-by": "vllm"}, {"owned_by": "sglang"}, "sglang"),
    ("?owned_by=vllm", {"x-owned-by": "sglang"}, {}, "sglang"),
    ("", {"x-owned-by": "default"}, {}, "vllm"),
    ("", {"x-owned-by": "invalid"}, {"owned_by": None}, "vllm"),
    ("", {"x-gateway-model-name": "spoofed"}, {"owned_by": "sglang"}, "sglang"),
]


@pytest.mark.parametrize(("query", "headers", "fields", "engine"), NAMED[1:10:4])
def test_explain_predicts_the_engine(
    scene: Scene, gateway: Gateway, query: str, headers: dict[str, str], fields: Obj, engine: str
) -> None:
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    words += ["-d", json.dumps({**BODY, **fields}), "-o", "json"]
    url = f"http://{gateway.address}{CHAT}{query}"
    done = llmd_routes("explain", "-n", scene.namespace, url, *words, bench=scene.cluster.bench)
    assert (done.returncode, done.stderr) == (0, ""), (done.stdout, done.stderr)
    said = json.loads(done.stdout)
    (backend,) = said["backends"]
    assert backend["backend"] == f"InferencePool {scene.namespace}/gaie-{engine}-qwen2-5-0-5b"
    assert (len(backend["pods"]["names"]), backend["pods"]["ready"], backend["pickerPods"]["ready"]) == (1, 1, 1)
    assert (said["outcome"]["status"], said["doubts"]) == (None, [])
    assert ask(gateway, query, headers, **fields).engine == engine


@pytest.mark.parametrize(("query", "headers", "fields", "engine"), NAMED)
def test_the_engine_that_a_request_names(
    scene: Scene, gateway: Gateway, query: str, headers: dict[str, str], fields: Obj, engine: str
) -> None:
    asked = picked(scene)
    answer = ask(gateway, query, headers, **fields)
    assert (answer.status, answer.engine) == (200, engine), answer.body
    assert picked(scene) == asked | {engine: asked[engine] + 1}
    assert json.loads(answer.headers["x-bench-seen"])["path"] == CHAT


UNKNOWN: list[tuple[str, dict[str, str], Obj]] = [
    ("", {}, {"owned_by": "nope"}),
    ("", {}, {"owned_by": 5}),
    ("", {}, {"owned_by": "vllm,sglang"}),
    ("", {"x-owned-by": "nope"}, {}),
    ("?owned_by=nope", {}, {}),
    ("", {}, {"model": "nope"}),
    ("", {"x-gateway-model-name": MODEL}, {"model": "nope"}),
    ("", {"x-gateway-model-name": MODEL, "x-owned-by": "vllm"}, {"model": "nope"}),
]


@pytest.mark.parametrize(("query", "headers", "fields"), UNKNOWN)
def test_what_no_engine_serves_gets_404(gateway: Gateway, query: str, headers: dict[str, str], fields: Obj) -> None:
    answer = ask(gateway, query, headers, **fields)
    assert (answer.status, answer.engine) == (404, None)
    assert json.loads(answer.body)["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("headers", [{}, {"x-owned-by": "vllm"}, {"x-owned-by": "vllm", "x-gateway-model-name": MODEL}])
def test_without_a_model_no_engine_answers(gateway: Gateway, headers: dict[str, str]) -> None:
    answer = gateway.ask("POST", CHAT, {**JSON, **headers}, "{}")
    assert (answer.status, answer.engine) == (400, None)


@pytest.mark.parametrize("size", [100_000, 3_000_000, 4_100_000])
def test_long_prompts(gateway: Gateway, size: int) -> None:
    messages = [{"role": "user", "content": "word " * (size // 5)}]
    answer = ask(gateway, messages=messages, owned_by="sglang")
    assert (answer.status, answer.engine) == (200, "sglang"), answer.body
    assert json.loads(answer.headers["x-bench-seen"])["bytes"] > size


@pytest.mark.parametrize("size", [5_000_000, 20_000_000])
def test_prompts_that_pass_only_in_pieces(gateway: Gateway, carrier: str, size: int) -> None:
    messages = [{"role": "user", "content": "word " * (size // 5)}]
    if carrier == "ext-proc":
        answer = ask(gateway, messages=messages, owned_by="sglang")
        assert (answer.status, answer.engine) == (200, "sglang"), answer.body
        assert json.loads(answer.headers["x-bench-seen"])["bytes"] > size


@pytest.mark.parametrize("size", [5_000_000, 20_000_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_prompts_that_are_too_long(gateway: Gateway, carrier: str, size: int, is_chunked: bool) -> None:
    size += 32 * 1024**2 if carrier == "ext-proc" else 0
    answer = ask_at_length(gateway, size, is_chunked)
    assert (answer.status, answer.headers["content-type"]) == (413, "application/json")
    assert json.loads(answer.body)["error"]["code"] == "request_too_large"


def test_a_stream_arrives_chunk_by_chunk(gateway: Gateway, scene: Scene) -> None:
    (pod,) = scene.pods("ms-sglang-")
    fields = {"stream": True, "owned_by": "sglang", "metadata": {"bench_step": "bodies"}}
    events = []
    with gateway.connection() as connection:
        connection.request("POST", CHAT, json.dumps({**BODY, **fields}), JSON)
        response = connection.getresponse()
        while line := response.readline():
            if line.startswith(b"data: "):
                events.append(line)
                call(pod["status"]["podIP"], 30000, "POST", "/bench/step/bodies", body="")
    assert len(events) == 7


def test_a_hundred_streams(gateway: Gateway) -> None:
    def stream(number: int) -> tuple[str | None, int]:
        answer = ask(gateway, owned_by=("vllm", "sglang")[number % 2], stream=True)
        return answer.engine, answer.body.count(b"data: ")

    with ThreadPoolExecutor(100) as pool:
        assert list(pool.map(stream, range(100))) == [("vllm", 7), ("sglang", 7)] * 50


def test_clients_that_go_away(gateway: Gateway) -> None:
    for sent in (0, 1000):
        with gateway.connection() as connection:
            connection.putrequest("POST", CHAT)
            connection.putheader("content-type", "application/json")
            connection.putheader("content-length", "1000000")
            connection.endheaders()
            connection.send(b" " * sent)
    assert ask(gateway, owned_by="sglang").engine == "sglang"


def test_istiod_goes_and_comes(scene: Scene, gateway: Gateway) -> None:
    scene.cluster.istiod.kill()
    assert ask(gateway, owned_by="sglang").engine == "sglang"
    scene.cluster.istiod.start()
    scene.settle()
    assert ask(gateway, owned_by="sglang").engine == "sglang"


def foreign_filter(namespace: str) -> Obj:
    """Return an EnvoyFilter that somebody else has on the same Gateway, with another idea of buffers."""
    inner = {"filterChain": {"filter": {"name": "envoy.filters.network.http_connection_manager"}}}
    program = 'function envoy_on_response(h) h:headers():add("x-foreign", "was here") end'
    kind = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"
    value = {"name": "foreign", "typed_config": {"@type": kind, "default_source_code": {"inline_string": program}}}
    patches = [
        {
            "applyTo": "HTTP_FILTER",
            "match": {"context": "GATEWAY", "listener": inner},
            "patch": {"operation": "INSERT_FIRST", "value": value},
        },
        {
            "applyTo": "NETWORK_FILTER",
            "match": {"context": "GATEWAY", "listener": inner},
            "patch": {
                "operation": "MERGE",
                "value": {
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3."
                        "HttpConnectionManager",
                        "server_name": "foreign",
                    }
                },
            },
        },
    ]
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "foreign", "namespace": namespace},
        "spec": {
            "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "inference-gateway"}],
            "configPatches": patches,
        },
    }


def test_a_filter_of_somebody_else(scene: Scene, gateway: Gateway) -> None:
    scene.apply(json.dumps(foreign_filter(scene.namespace)))
    scene.settle()
    answer = ask(gateway, owned_by="sglang", headers={"x-gateway-model-name": "spoofed"})
    assert (answer.status, answer.engine, answer.headers["x-foreign"]) == (200, "sglang", "was here")
    scene.kubectl("delete", "envoyfilter", "foreign")
    scene.settle()


def test_after_authentication(scene: Scene, gateway: Gateway) -> None:
    """The filter stands right before the picker's, and the chain does the same."""
    scene.apply(scene.generate("--extract-after-auth"))
    scene.settle()
    dump = gateway.admin("/config_dump?resource=dynamic_listeners")
    (listener,) = (each["active_state"]["listener"] for each in dump["configs"])
    (manager,) = (each["filters"][-1]["typed_config"] for each in listener["filter_chains"])
    names = [each["name"] for each in manager["http_filters"]]
    names = [name for name in names if name != "llmd-routes-path"]
    assert names[names.index("llmd-routes") + 1] == "envoy.filters.http.ext_proc"
    assert ask(gateway, owned_by="sglang").engine == "sglang"
    scene.apply(scene.generate())
    scene.settle()


def test_a_split_is_drawn_before_a_picker_is_asked(scene: Scene, gateway: Gateway) -> None:
    """Within five standard deviations, over both workers of the gateway; each engine by its own picker."""
    scene.apply(scene.generate("--split", "vllm=80,sglang=20"))
    scene.settle()
    asked, counts, lock = picked(scene), Counter[str | None](), threading.Lock()

    def some(_: int) -> None:
        for _ in range(20):
            engine = ask(gateway).engine
            with lock:
                counts[engine] += 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(some, range(25)))
    assert counts.keys() == {"vllm", "sglang"}
    assert abs(counts["sglang"] - 100) < 5 * (500 * 0.8 * 0.2) ** 0.5
    assert picked(scene) == {engine: asked[engine] + counts[engine] for engine in asked}
    assert ask(gateway, owned_by="sglang").engine == "sglang"
    scene.apply(scene.generate())
    scene.settle()


def test_engines_see_what_bodies_say_of_engines_unless_it_is_stripped(
    scene: Scene, gateway: Gateway, carrier: str
) -> None:
    """The picker takes what is left of the body."""

    def seen() -> list[str]:
        answer = ask(gateway, owned_by="sglang", engine=None, x={"engine": "y"})
        assert (answer.status, answer.engine) == (200, "sglang"), answer.body
        fields: list[str] = json.loads(answer.headers["x-bench-seen"])["fields"]
        return fields

    assert seen() == ["engine", "messages", "model", "owned_by", "x"]
    if carrier == "ext-authz":
        with pytest.raises(AssertionError, match="an external service over HTTP does not change request bodies"):
            scene.generated("--strip-engine-fields", "always")
        return
    scene.apply(scene.generate("--strip-engine-fields", "always"))
    scene.settle()
    assert seen() == ["messages", "model", "x"]
    scene.apply(scene.generate())
    scene.settle()


def test_it_goes_with_pruning(scene: Scene, gateway: Gateway) -> None:
    """Without it clients send the headers, as before."""
    kinds = ("gateway.networking.k8s.io/v1/HTTPRoute", "networking.istio.io/v1alpha3/EnvoyFilter")
    allowed = [f"--prune-allowlist={kind}" for kind in kinds]
    prune = ("--prune", "-l", f"llmd-routes/instance={scene.namespace}.inference-gateway", *allowed)
    text = scene.generate("--body-to-header", "none")
    assert "EnvoyFilter" not in {obj["kind"] for obj in objects(text)}
    scene.apply(text, *prune)
    scene.settle()
    assert gateway.chat({"x-gateway-model-name": MODEL, "x-owned-by": "sglang"}).engine == "sglang"
    assert ask(gateway, owned_by="sglang").status == 404
    scene.apply(scene.generate(), *prune)
    scene.settle()
    assert ask(gateway, owned_by="sglang").engine == "sglang"
