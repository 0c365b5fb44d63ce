"""Containers that serve no model, and those that only look so."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.pods.servers import find_server
from tests.generator.objects import container
from tests.generator.pods.building import SERVING, pod


@pytest.mark.parametrize(
    ("reason", "containers"),
    [
        ("tokenizer", [container("r", "vllm/vllm-openai:v1", ["vllm", "launch", "render"], ["org/m"])]),
        ("benchmark", [container("b", "vllm/vllm-openai:v1", ["vllm", "bench", "serve"], ["--model", "org/m"])]),
        (
            "runs client.py, which is not in the input",
            [container("c", "vllm/vllm-openai:v1", ["python3", "client.py"])],
        ),
        ("runs /run.sh, which is not in the input", [container("c", "vllm/vllm-openai:v1", ["bash", "/run.sh"])]),
        ("starts no server", [container("c", "vllm/vllm-openai:v1", ["sleep", "inf"])]),
        ("gRPC server", [container("g", "vllm/vllm-openai:v1", ["python3", "-m", "vllm.entrypoints.grpc_server"])]),
        ("remove --grpc", [container("g", "vllm/vllm-openai:v1", ["vllm", "serve", "--grpc", "m"])]),
        ("remove --grpc-mode", [container("g", "x", ["python3", "-m", "sglang.launch_server", "--grpc-mode"])]),
        ("sidecars", [container("istio-proxy", "istio/proxyv2:1")]),
        ("runs bench.py, which", [container("x", "lmsysorg/sglang:v1", None, ["python3", "bench.py"])]),
        ("headless", [container("w", "vllm/vllm-openai:v1", ["vllm", "serve", "org/m", "--headless"])]),
    ],
)
def test_left_alone(reason: str, containers: list[Any]) -> None:
    found = find_server(pod(*containers))
    assert isinstance(found, str)
    assert reason in found


@pytest.mark.parametrize(
    "containers",
    [
        [container("web", "nginx:1", ["nginx"])],
        [container("s", "alpine:3", ["sh", "-c"], ["echo vllm serve org/m"])],
        [],
    ],
)
def test_what_does_not_look_like_a_server_is_no_near_miss(containers: list[Any]) -> None:
    assert find_server(pod(*containers)) is None


@pytest.mark.parametrize(
    ("reason", "one"),
    [
        ("LiteLLM", container("x", "ghcr.io/berriai/litellm:main", None, ["--config", "/c.yaml"])),
        ("LiteLLM", container("x", "own", ["litellm"], ["--config", "/c.yaml"])),
        ("production stack", container("x", "lmcache/lmstack-router:latest", None, ["--port", "8000"])),
        ("a router", container("x", "y", ["vllm-router"], ["--port", "8000"])),
        ("Dynamo", container("x", "nvcr.io/nvidia/ai-dynamo/vllm-runtime:1", ["python3", "-m", "dynamo.frontend"])),
        ("Open WebUI", container("x", "ghcr.io/open-webui/open-webui:main")),
    ],
)
def test_proxies_are_no_servers(reason: str, one: Any) -> None:
    found = find_server(pod(one, labels=SERVING))
    assert isinstance(found, str)
    assert reason in found
