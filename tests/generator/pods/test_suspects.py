"""Containers that no engine is recognised of, and that probably serve a model all the same."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.pods.servers import Server, find_server
from llmd_routes.pods.suspects import suspicion
from tests.generator.objects import container
from tests.generator.pods.building import pod

OWN = "registry.example.com/team/server:1"
FIX = "; to route it, set the pod label llm-d.ai/engine-type, or describe it in llmd-routes.yaml"


def asking(resource: str, kind: str = "limits") -> dict[str, Any]:
    return container("c", OWN, ["/server"], resources={kind: {resource: 1}})


@pytest.mark.parametrize(
    ("suspect", "fact"),
    [
        (asking("nvidia.com/gpu"), "requests nvidia.com/gpu"),
        (asking("amd.com/gpu", "requests"), "requests amd.com/gpu"),
        (asking("google.com/tpu"), "requests google.com/tpu"),
        (asking("aws.amazon.com/neuroncore"), "requests aws.amazon.com/neuroncore"),
        (asking("habana.ai/gaudi"), "requests habana.ai/gaudi"),
        (container("c", OWN, resources={"claims": [{"name": "gpu"}]}), "requests a device by a resource claim"),
        (container("c", OWN, ["/server", "--model-id", "m"]), "has the argument --model-id"),
        (container("c", OWN, None, ["--model=m"]), "has the argument --model"),
        (container("c", OWN, env=[{"name": "MODEL_ID", "value": "m"}]), "has the environment variable MODEL_ID"),
    ],
)
def test_what_tells(suspect: dict[str, Any], fact: str) -> None:
    repository = OWN.removesuffix(":1")
    assert suspicion(suspect) == f"container c {fact}, but its image {repository} belongs to no known engine{FIX}"
    assert find_server(pod(suspect)) == suspicion(suspect)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("ollama/ollama:0.9", "Ollama"),
        ("ghcr.io/huggingface/text-embeddings-inference:cpu-1.8", "Text Embeddings Inference"),
        ("michaelf34/infinity:0.0.77", "Infinity"),
        ("763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.33.0-lmi15", "DJL Serving"),
    ],
)
def test_servers_that_no_endpoint_picker_knows(image: str, name: str) -> None:
    assert suspicion(container("c", image)) == f"container c runs {name}{FIX}"


@pytest.mark.parametrize(
    "harmless",
    [
        container("c", "nginx:1", ["nginx", "-c", "/etc/nginx.conf"]),
        asking("memory"),
        container("c", OWN, None, ["--modeline", "x", "model"]),
        container("c", OWN, env=[{"name": "LOG_LEVEL", "value": "model"}]),
    ],
)
def test_what_tells_nothing(harmless: dict[str, Any]) -> None:
    assert suspicion(harmless) is None


@pytest.mark.parametrize(
    ("image", "engine"),
    [
        ("us-docker.pkg.dev/vertex-ai/vertex-vision-model-garden-dockers/pytorch-vllm-serve:2025", "vllm"),
        ("public.ecr.aws/neuron/pytorch-inference-vllm-neuronx:0.9", "vllm"),
        ("rocm/vllm-dev:nightly", "vllm"),
        ("rocm/sgl-dev:1", "sglang"),
        ("us-docker.pkg.dev/x/gcr.io/huggingface-text-generation-inference-cu124.2-4.ubuntu2204:1", "tgi"),
        ("763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-tgi-inference:2", "tgi"),
    ],
)
def test_images_of_vendors(image: str, engine: str) -> None:
    found = find_server(pod(container("c", image, None, ["--port", "8000"], env=[{"name": "MODEL_ID", "value": "m"}])))
    assert isinstance(found, Server)
    assert found.engine == engine


@pytest.mark.parametrize("image", ["vllm/vllm-router:1", "team/vllm-benchmark:1", "team/sglang-exporter:1"])
def test_images_beside_an_engine(image: str) -> None:
    assert not isinstance(find_server(pod(container("c", image, None, ["--port", "8000"]))), Server)


def test_two_servers_by_their_images_share_a_pod() -> None:
    made = [container(name, "vllm/vllm-openai:v1", None, ["--model", name, "--port", "8000"]) for name in ("a", "b")]
    found = find_server(pod(*made))
    assert isinstance(found, Server)
    assert found.barred
    assert [code for code, *_ in found.remarks] == ["shared-pod"]
    helper = container("helper", "vllm/vllm-openai:v1", None, ["--help"])
    one = find_server(pod(made[0], helper))
    assert isinstance(one, Server)
    assert one.served.models == ("a",)
