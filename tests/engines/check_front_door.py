"""vLLM and SGLang behind stand-alone routers of llm-d and the Envoy that llmd-routes emits: `make engines`."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.bench.scene.cluster import Cluster
from tests.bench.scene.front_door import open_standalone
from tests.bench.scene.gateway import MODEL, Gateway
from tests.bench.scene.guide import blocks
from tests.bench.scene.guide import call as call_guide
from tests.bench.waiting import until

from .check_chain import LENGTH, MESSAGES, ask, served
from .replies import engine_of_body

ENGINES = ("sglang", "vllm")


@pytest.fixture(scope="module")
def gateway(cluster: Cluster) -> Iterator[Gateway]:
    """The Service of the Envoy."""
    with open_standalone(cluster, "engines-standalone") as scene:
        scene.apply(scene.generate())
        scene.settle()
        until(lambda: scene.service().ask("GET", "/v1/models").status == 200, "the Service leads to the pods")
        yield scene.service()


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.split("curl")[1].split()[-1][:60])
def test_the_calls_of_the_guide(gateway: Gateway, block: str, tmp_path: Path) -> None:
    for one in call_guide(block, gateway, tmp_path):
        if "/admin/" in one.text:
            assert one.status == 404, one
            continue
        assert one.status == 200, one
        if "/v1/models" in one.text:
            assert {entry["owned_by"] for entry in json.loads(one.body)["data"]} == set(ENGINES)
        else:
            owner = re.search(r'owned[_-]by"?: "?(\w+)', one.text)
            assert engine_of_body(one.body) == (owner[1] if owner else "vllm"), one


@pytest.mark.parametrize("engine", ENGINES)
def test_each_way_to_name_an_engine(gateway: Gateway, engine: str) -> None:
    for member in ("owned_by", "engine", "inference_server"):
        assert served(ask(gateway, {member: engine})) == (200, engine), member
    assert served(ask(gateway, headers={"x-owned-by": engine})) == (200, engine)
    assert served(ask(gateway, query=f"?owned_by={engine}")) == (200, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_streams_arrive_as_they_are_written(gateway: Gateway, engine: str) -> None:
    address = f"http://{gateway.address}:{gateway.port}/v1"
    more = {"owned_by": engine, "ignore_eos": True}
    begun, moments = time.monotonic(), []
    with openai.OpenAI(base_url=address, api_key="none", max_retries=0) as client:
        for _ in client.chat.completions.create(
            model=MODEL, messages=MESSAGES, max_tokens=LENGTH[engine], stream=True, extra_body=more
        ):
            moments.append(time.monotonic() - begun)
    assert moments[1] < moments[-1] / 3
