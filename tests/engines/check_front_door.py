"""vLLM and SGLang behind stand-alone routers of llm-d and the Envoy that llmd-routes emits: `make engines`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.bench.scene.cluster import Cluster
from tests.bench.scene.front_door import open_standalone
from tests.bench.scene.gateway import Gateway
from tests.bench.scene.guide import each_block
from tests.bench.waiting import until

from .calls import check_guide, check_names, check_stream

ENGINES = ("sglang", "vllm")


@pytest.fixture(scope="module")
def gateway(cluster: Cluster) -> Iterator[Gateway]:
    """The Service of the Envoy."""
    with open_standalone(cluster, "engines-standalone") as scene:
        scene.apply(scene.generate())
        scene.settle()
        until(lambda: scene.service().ask("GET", "/v1/models").status == 200, "the Service leads to the pods")
        yield scene.service()


@each_block
def test_the_calls_of_the_guide(gateway: Gateway, block: str, tmp_path: Path) -> None:
    check_guide(gateway, block, tmp_path, ENGINES)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_way_to_name_an_engine(gateway: Gateway, engine: str) -> None:
    check_names(gateway, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_streams_arrive_as_they_are_written(gateway: Gateway, engine: str) -> None:
    address = f"http://{gateway.address}:{gateway.port}/v1"
    with openai.OpenAI(base_url=address, api_key="none", max_retries=0) as client:
        check_stream(client, engine)
