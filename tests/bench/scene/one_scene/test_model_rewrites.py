"""A name that an InferenceModelRewrite gives to a model: routed, listed, and rewritten by the real endpoint picker."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.bench.scene.gateway import MODEL
from tests.bench.scene.scene import POOLS, Scene
from tests.bench.waiting import until

POOL = "gaie-vllm-qwen2-5-0-5b"


@pytest.fixture(scope="module")
def rewritten(scene: Scene) -> Iterator[Scene]:
    """The scene with the rewrite and its routes, which are gone at the end."""
    rewrite = {
        "apiVersion": "inference.networking.x-k8s.io/v1alpha2",
        "kind": "InferenceModelRewrite",
        "metadata": {"name": "names", "namespace": scene.namespace},
        "spec": {
            "poolRef": {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": POOL},
            "rules": [
                {
                    "matches": [{"model": {"type": "Exact", "value": "chat"}}],
                    "targets": [{"modelRewrite": MODEL, "weight": 1}],
                }
            ],
        },
    }
    scene.apply(json.dumps(rewrite))
    scene.apply(scene.generate())
    scene.settle()
    yield scene
    scene.kubectl("delete", "inferencemodelrewrite", "names")
    scene.clear()


def test_the_name_reaches_the_engine_as_its_model(rewritten: Scene) -> None:
    assert POOL in {pool["metadata"]["name"] for pool in rewritten.get(POOLS)["items"]}
    gateway = rewritten.gateway()
    until(lambda: gateway.chat({}, "chat").status == 200, "the picker has read the rewrite")
    answer = gateway.chat({}, "chat")
    assert (answer.status, answer.engine) == (200, "vllm")
    # The engine answers 404 to a name that it does not serve, and the picker puts the client's name into its answer.
    assert json.loads(answer.body)["model"] == "chat"
    assert gateway.chat({"x-owned-by": "sglang"}, "chat").status == 404


def test_the_name_is_listed_for_its_engine_only(rewritten: Scene) -> None:
    listed = json.loads(rewritten.gateway().ask("GET", "/v1/models").body)["data"]
    assert [entry["owned_by"] for entry in listed if entry["id"] == "chat"] == ["vllm"]
