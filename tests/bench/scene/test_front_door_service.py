"""The Envoy that llmd-routes emits, with a service that reads bodies for it, also while a part of that is away."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.bench.waiting import until
from tests.generator.objects import Obj

from .cluster import Cluster
from .front_door import Standalone, open_standalone
from .gateway import Gateway
from .guide import check, each_block
from .test_body_to_header import NAMED, UNKNOWN, Named, ask, ask_at_length
from .test_front_door import check_named
from .test_models import IMAGE, REPLICAS
from .test_models_faults import asking, restarted

OPTIONS = ("--backend", "pool", "--body-to-header", "external", "--image", IMAGE)


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Standalone]:
    """Two endpoint pickers, and an Envoy that asks them and the service."""
    with open_standalone(cluster, "standalone-service") as opened:
        opened.apply(opened.generate(*OPTIONS))
        opened.settle()
        yield opened


@pytest.fixture
def gateway(scene: Standalone) -> Iterator[Gateway]:
    """The Service that clients use; every test finds and leaves all pods."""
    found = scene.service()
    for engine in ("vllm", "sglang"):
        until(partial(answers, found, engine), f"{engine} answers")
    until(lambda: found.ask("GET", "/v1/models").status == 200, "the models server answers")
    yield found
    scene.settle()


def answers(gateway: Gateway, engine: str) -> bool:
    return ask(gateway, owned_by=engine).engine == engine


def readers(scene: Standalone) -> list[Obj]:
    """Return the pods of the service."""
    return scene.pods("ext-authz-")


@pytest.mark.parametrize("case", NAMED)
def test_the_picker_of_the_named_engine_is_asked_once(scene: Standalone, gateway: Gateway, case: Named) -> None:
    check_named(scene, gateway, case)


@pytest.mark.parametrize(("query", "headers", "fields"), UNKNOWN)
def test_what_no_engine_serves_gets_404(
    gateway: Gateway, query: str, headers: dict[str, str], fields: dict[str, object]
) -> None:
    assert ask(gateway, query, headers, **fields).status == 404


@each_block
def test_the_guide(gateway: Gateway, block: str, tmp_path: Path) -> None:
    check(block, gateway, tmp_path, asked=True)


def test_long_prompts(gateway: Gateway) -> None:
    answer = ask(gateway, messages=[{"role": "user", "content": "word " * 780_000}], owned_by="sglang")
    assert (answer.status, answer.engine) == (200, "sglang"), answer.body


@pytest.mark.parametrize("is_chunked", [False, True])
def test_prompts_that_are_too_long(gateway: Gateway, is_chunked: bool) -> None:
    answer = ask_at_length(gateway, 20_000_000, is_chunked)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (413, "request_too_large")


def test_one_of_two_is_killed(scene: Standalone, gateway: Gateway) -> None:
    with asking(lambda: gateway.chat({}, owned_by="vllm").status) as statuses:
        for pod in readers(scene):
            scene.kill(pod)
            until(partial(restarted, scene, pod), "it is back")
            time.sleep(3)
    # If Envoy continued to ask the killed pod, about a tenth of the requests would fail.
    assert set(statuses) <= {200, 503}
    print(f"one killed: {dict(statuses)}")
    assert statuses[503] <= max(2 * REPLICAS, statuses[200] // 25)


def test_none_runs(scene: Standalone, gateway: Gateway) -> None:
    """Requests to engines fail, and the models list goes on."""
    (name,) = {pod["metadata"]["name"].rsplit("-", 2)[0] for pod in readers(scene)}
    scene.scale(name, 0)
    try:
        until(lambda: gateway.chat({}, owned_by="vllm").status == 503, "nothing reads bodies")
        assert gateway.ask("GET", "/v1/models").status == 200
    finally:
        scene.scale(name, REPLICAS)


def test_one_that_does_not_answer(scene: Standalone, gateway: Gateway) -> None:
    stopped = int(scene._file(readers(scene)[0], "pid").read_text())
    os.kill(stopped, signal.SIGSTOP)
    try:
        until(lambda: [gateway.chat({}, owned_by="vllm").status for _ in range(10)] == [200] * 10, "the other answers")
    finally:
        os.kill(stopped, signal.SIGCONT)
