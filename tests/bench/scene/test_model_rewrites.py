"""A name that an InferenceModelRewrite gives to a model: routed, listed, and rewritten by the real endpoint picker."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.bench.waiting import until

from .cluster import Cluster
from .gateway import MODEL
from .scene import POOLS, Scene, open_scene

POOL = "gaie-vllm-qwen2-5-0-5b"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    with open_scene(cluster, "two-engines", "model-rewrites") as opened:
        rewrite = {
            "apiVersion": "inference.networking.x-k8s.io/v1alpha2",
            "kind": "InferenceModelRewrite",
            "metadata": {"name": "names", "namespace": opened.namespace},
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
        opened.apply(json.dumps(rewrite))
        opened.apply(opened.generate())
        opened.settle()
        yield opened


def test_the_name_reaches_the_engine_as_its_model(scene: Scene) -> None:
    assert POOL in {pool["metadata"]["name"] for pool in scene.get(POOLS)["items"]}
    gateway = scene.gateway()
    until(lambda: gateway.chat({}, "chat").status == 200, "the picker has read the rewrite")
    answer = gateway.chat({}, "chat")
    assert (answer.status, answer.engine) == (200, "vllm")
    # The engine answers 404 to a name that it does not serve, and the picker puts the client's name into its answer.
    assert json.loads(answer.body)["model"] == "chat"
    assert gateway.chat({"x-owned-by": "sglang"}, "chat").status == 404


def test_the_name_is_listed_for_its_engine_only(scene: Scene) -> None:
    listed = json.loads(scene.gateway().ask("GET", "/v1/models").body)["data"]
    assert [entry["owned_by"] for entry in listed if entry["id"] == "chat"] == ["vllm"]
