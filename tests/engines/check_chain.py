"""vLLM, SGLang and llama.cpp behind istiod's Envoy and real endpoint pickers: `make engines`, which installs them.

It is not part of `make test` and `make e2e`: the engines are gigabytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.bench.scene.calls import call
from tests.bench.scene.gateway import JSON, MODEL, Gateway
from tests.bench.scene.guide import each_block
from tests.bench.scene.scene import Scene, is_ready
from tests.bench.waiting import until

from .calls import LENGTH, MESSAGES, ask, check_guide, check_names, check_stream, served
from .conftest import ENGINES
from .install import ADAPTER
from .replies import engine_of

Obj = dict[str, Any]
IMAGE = "registry.example.com/llmd-routes:v1"


@pytest.fixture(scope="module")
def gateway(guide: Scene) -> Gateway:
    return guide.gateway()


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"http://{gateway.address}:{gateway.port}/v1", api_key="none", max_retries=0) as one:
        yield one


@each_block
def test_the_calls_of_the_guide(gateway: Gateway, block: str, tmp_path: Path) -> None:
    check_guide(gateway, block, tmp_path, ENGINES)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_way_to_name_an_engine(gateway: Gateway, engine: str) -> None:
    check_names(gateway, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_members_that_the_engine_does_not_know(gateway: Gateway, engine: str) -> None:
    assert served(ask(gateway, {"owned_by": engine, "engine": engine, "x_unknown": {"a": [1]}})) == (200, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_other_paths(gateway: Gateway, engine: str) -> None:
    for path, body in (
        ("/v1/completions", {"prompt": "Hi", "max_tokens": 3}),
        ("/v1/responses", {"input": "Hi", "max_output_tokens": 3}),
    ):
        sent = json.dumps({"model": MODEL, "owned_by": engine, **body})
        assert gateway.ask("POST", path, JSON, sent).status == 200, path


def test_requests_that_no_engine_serves(gateway: Gateway) -> None:
    for fields in ({"model": "nope"}, {"owned_by": "tgi"}, {"model": "nope", "owned_by": "sglang"}):
        answer = ask(gateway, fields)
        assert (answer.status, json.loads(answer.body)["error"]["code"]) == (404, "model_not_found")


def test_names_of_one_engine_only(gateway: Gateway) -> None:
    """An adapter that vLLM has loaded, and the second name of llama.cpp."""
    assert served(ask(gateway, {"model": ADAPTER})) == (200, "vllm")
    assert served(ask(gateway, {"model": "tiny"})) == (200, "llamacpp")
    assert ask(gateway, {"model": ADAPTER, "owned_by": "sglang"}).status == 404


def test_the_client_of_openai(client: openai.OpenAI) -> None:
    assert {model.owned_by for model in client.models.list()} == set(ENGINES)
    assert client.models.retrieve(MODEL).owned_by == "vllm"
    for engine in ENGINES:
        for body, headers in (({"owned_by": engine}, {}), ({}, {"x-owned-by": engine})):
            reply = client.chat.completions.create(
                model=MODEL, messages=MESSAGES, max_tokens=4, extra_body=body, extra_headers=headers
            )
            assert engine_of(reply.to_dict(warnings=False)) == engine
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="nope", messages=MESSAGES)
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("engine", ENGINES)
def test_streams_arrive_as_they_are_written(client: openai.OpenAI, engine: str) -> None:
    assert check_stream(client, engine) > LENGTH[engine] / 4


def test_an_engine_stops_when_its_client_goes(guide: Scene, client: openai.OpenAI) -> None:
    (pod,) = [each for each in guide.pods("ms-vllm") if is_ready(each)]

    def running() -> float:
        text = call(pod["status"]["podIP"], 8000, "GET", "/metrics").body.decode()
        found = re.search(r"^vllm:num_requests_running\{.*\} ([0-9.]+)$", text, re.M)
        assert found
        return float(found[1])

    more = {"owned_by": "vllm", "ignore_eos": True}
    stream = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=3500, stream=True, extra_body=more
    )
    next(iter(stream))
    until(lambda: running() == 1, "the engine works")
    stream.close()
    until(lambda: running() == 0, "the engine has stopped")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_picker_is_asked(guide: Scene, gateway: Gateway, engine: str) -> None:
    before = guide.picked(f"gaie-{engine}")
    assert served(ask(gateway, {"owned_by": engine})) == (200, engine)
    assert guide.picked(f"gaie-{engine}") == before + 1


def test_the_models_server_asks_the_engines(guide: Scene) -> None:
    """What each engine reports of its models is in the list, and all of them are available."""
    guide.apply(guide.generate("--image", IMAGE))
    guide.settle()
    gateway = guide.gateway()
    wanted = {(MODEL, engine) for engine in ENGINES} | {(ADAPTER, "vllm"), ("tiny", "llamacpp")}

    def listed() -> list[Obj]:
        answer = gateway.ask("GET", "/v1/models")
        return list(answer.said["data"]) if answer.status == 200 else []

    until(
        lambda: {(each["id"], each["owned_by"]) for each in listed() if each.get("available")} == wanted,
        lambda: f"all models are available: {listed()}",
    )
    entries = {(each["id"], each["owned_by"]): each for each in listed()}
    assert all(entry["created"] > 0 for entry in entries.values())
    assert entries[MODEL, "vllm"]["max_model_len"] == 4096
    assert entries[ADAPTER, "vllm"]["parent"] == MODEL


def test_an_engine_with_an_api_key(guide: Scene) -> None:
    """Clients send its key; the models server has it in a Secret."""
    name = "ms-llamacpp-qwen2-5-0-5b-llm-d-modelservice-decode"
    command = guide.get("deployments", name)["spec"]["template"]["spec"]["containers"][0]["command"]
    patch = [
        {"op": "replace", "path": "/spec/template/spec/containers/0/command", "value": [*command, "--api-key", "k"]}
    ]
    guide.kubectl("create", "secret", "generic", "keys", "--from-literal=llama=k")
    guide.kubectl("patch", "deployment", name, "--type=json", "-p", json.dumps(patch))
    options = ("--image", IMAGE, "--engine-key-secret", "llamacpp=keys:llama", "--engine-key-plain")
    guide.apply(guide.generate(*options))
    guide.settle()
    gateway = guide.gateway()
    until(lambda: ask(gateway, {"owned_by": "llamacpp"}).status == 401, "it requires a key")
    key = {"authorization": "Bearer k"}
    assert served(ask(gateway, {"owned_by": "llamacpp"}, key)) == (200, "llamacpp")
    assert served(ask(gateway, {"owned_by": "vllm"}, key)) == (200, "vllm")

    def available() -> bool:
        entries = gateway.ask("GET", "/v1/models?owned_by=llamacpp").said["data"]
        return bool(entries) and all(entry.get("available") for entry in entries)

    until(available, "the models server asks with the key")
