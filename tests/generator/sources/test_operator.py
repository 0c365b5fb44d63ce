"""The resources of the first operator."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    config_map,
)
from tests.generator.scenes import codes


def model_service(uri: str = "hf://org/m", *args: str) -> Any:
    ports = [{"name": "app_port", "port": 8010}, {"name": "internal_port", "port": 8200}]
    return {
        "apiVersion": "llm-d.ai/v1alpha1",
        "kind": "ModelService",
        "metadata": {"name": "a", "namespace": "ns"},
        "spec": {
            "baseConfigMapRef": {"name": "base"},
            "routing": {"modelName": "Org/M.1", "ports": ports},
            "modelArtifacts": {"uri": uri},
            "decode": {"containers": [{"name": "vllm", "args": list(args)}]},
            "prefill": {"containers": [{"name": "vllm"}]},
        },
    }


BASE = """
kind: Deployment
spec:
  template:
    spec:
      initContainers:
      - name: routing-proxy
        image: ghcr.io/llm-d/llm-d-routing-sidecar:0.0.6
        restartPolicy: Always
        args: ["--port={{ "app_port" | getPort }}", "--vllm-port={{ "internal_port" | getPort }}"]
        ports: [{containerPort: {{ "app_port" | getPort }} }]
      containers:
      - name: vllm
        image: ghcr.io/llm-d/llm-d:0.0.8
        command: [vllm, serve]
        args: ["--port", "{{ "internal_port" | getPort }}", "--x", "{{ .Unknown }}"]
"""


@pytest.mark.parametrize(
    ("uri", "args", "models"),
    [
        ("hf://org/m", ["{{ .HFModelName }}"], ("org/m",)),
        ("pvc://claim/path/to/m", ["/cache/{{.ModelPath}}"], ("/cache/path/to/m",)),
        ("hf://org/m", ["{{ .HFModelName }}", "--served-model-name", "{{ .ModelName }}"], ("Org/M.1",)),
        ("hf://org/m", [], ("Org/M.1",)),
        ("hf://org/m", ["{{ .Other }}"], ()),
    ],
)
def test_the_first_operators_resources(uri: str, args: list[str], models: tuple[str, ...]) -> None:
    inventory = build_inventory([model_service(uri, *args), config_map("base", {"decodeDeployment": BASE})])
    (found,) = inventory.services
    assert (found.engine, found.models, found.ports, found.scheme) == ("vllm", models, (8010,), "http")
    assert (found.roles, found.selector_derived, found.managed_pool) == (
        ("decode", "prefill"),
        True,
        "a-inference-pool",
    )
    assert found.selector == {"llm-d.ai/model": "org-m-1"}
    assert {"controller-owned", "template"} <= codes(inventory)


def test_the_first_operators_base_that_is_not_there() -> None:
    inventory = build_inventory([model_service()])
    assert (inventory.services[0].engine, inventory.services[0].models) == ("vllm", ())
    assert "unreadable-model" in codes(inventory)
