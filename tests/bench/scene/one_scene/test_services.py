"""Routes that reference plain Services instead of InferencePools, as on gateways that do not support pools."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.bench.scene.gateway import MODEL, Gateway
from tests.bench.scene.scene import Scene

PORTS = {"vllm": 8000, "sglang": 30000}


def front(engine: str) -> str:
    """Return a Service that selects exactly the pods of an engine."""
    selector = {"llm-d.ai/inference-serving": "true", "llm-d.ai/role": "decode", "llm-d.ai/engine-type": engine}
    ports = [{"name": "http", "port": 80, "targetPort": PORTS[engine]}]
    spec = {"selector": selector, "ports": ports}
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"only-{engine}"}, "spec": spec})


@pytest.fixture(scope="module")
def gateway(scene: Scene) -> Iterator[Gateway]:
    """The gateway of the scene with such routes, which are gone at the end."""
    # Endpoint pickers are ready only if they have a pool.
    scene.apply(scene.generate())
    scene.apply("\n---\n".join(map(front, PORTS)), "-n", scene.namespace)
    done = scene.generated("--backend", "service")
    assert done.stderr.count("no endpoint picker") >= len(PORTS)
    scene.apply(done.stdout)
    scene.settle()
    yield scene.gateway()
    scene.clear()
    scene.kubectl("delete", "service", *(f"only-{engine}" for engine in PORTS))


@pytest.mark.parametrize("engine", PORTS)
def test_the_engine_that_a_request_names_answers(gateway: Gateway, engine: str) -> None:
    answer = gateway.chat({}, owned_by=engine)
    assert (answer.status, answer.engine) == (200, engine)


def test_no_picker_is_asked(scene: Scene, gateway: Gateway) -> None:
    before = [scene.picked(f"gaie-{engine}") for engine in PORTS]
    assert gateway.chat({}).engine == "vllm"
    assert [scene.picked(f"gaie-{engine}") for engine in PORTS] == before


def test_what_no_engine_serves_is_refused_and_the_models_are_listed(gateway: Gateway) -> None:
    assert gateway.chat({}, "other").status == 404
    listed = json.loads(gateway.ask("GET", "/v1/models").body)["data"]
    assert [(entry["id"], entry["owned_by"]) for entry in listed] == [(MODEL, "sglang"), (MODEL, "vllm")]
