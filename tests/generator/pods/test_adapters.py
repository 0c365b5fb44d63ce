"""Adapters that are loaded while an engine runs."""

from __future__ import annotations

import pytest

from tests.generator.objects import container, vllm
from tests.generator.pods.building import serve


def test_adapters_loaded_at_run_time() -> None:
    config = (
        "vLLMLoRAConfig:\n  ensureExist:\n    models:\n    - id: a1\n      source: x\n    - id: a2\n      source: y\n"
    )
    syncer = container("lora-adapter-syncer", "registry.k8s.io/lora-syncer:v1", restartPolicy="Always")
    volumes = [{"name": "v", "configMap": {"name": "adapters"}}]
    found = serve(vllm("m"), init=[syncer], volumes=volumes, maps={"adapters": {"configmap.yaml": config}})
    assert (found.served.models, found.served.dynamic) == (("m",), ("a1", "a2"))
    absent = serve(vllm("m"), init=[syncer], volumes=volumes)
    assert [problem[0] for problem in absent.remarks] == ["dynamic-lora"]


@pytest.mark.parametrize(
    ("variable", "value", "is_told"),
    [
        ("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "True", True),
        ("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "1", True),
        ("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "False", False),
        ("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "", False),
        ("VLLM_LORA_RESOLVER_CACHE_DIR", "/adapters", True),
        ("VLLM_LOGGING_LEVEL", "True", False),
    ],
)
def test_adapters_that_clients_may_load(variable: str, value: str, is_told: bool) -> None:
    found = serve(vllm("m", "--enable-lora", env=[{"name": variable, "value": value}]))
    assert [code for code, *_ in found.remarks] == ["dynamic-lora"] * is_told
    assert all(variable in message for _, message, _ in found.remarks)
