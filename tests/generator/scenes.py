"""What tests of the inventory have in common: labels, engines, and how they look at what was found."""

from __future__ import annotations

from typing import Any

from llmd_routes.model.inventory import Inventory
from tests.generator.objects import (
    container,
    pod_template,
)

GUIDE = {"llm-d.ai/guide": "g", "llm-d.ai/inference-serving": "true"}


def sglang(*args: str, **more: Any) -> Any:
    return container(
        "sglang", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m", *args], **more
    )


def codes(inventory: Inventory) -> set[str]:
    return {notice.code for notice in inventory.notices}


def names(inventory: Inventory) -> list[tuple[str | None, list[str]]]:
    return [(s.name, [f"{ref.kind}/{ref.name}" for ref in s.workloads]) for s in inventory.services]


def scripted(labels: Any, script: list[str]) -> Any:
    return pod_template(labels, container("x", "vllm/vllm-openai:v1", ["sh", "-c"], script))


def llmisvc(name: str = "a", namespace: str | None = "ns", **spec: Any) -> Any:
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def base(name: str, **spec: Any) -> Any:
    return {**llmisvc(name, **spec), "kind": "LLMInferenceServiceConfig"}


PRESET = """
KV=""
eval "exec vllm serve /mnt/models --served-model-name "{{ .Spec.Model.Name }}" "second/{{ .ObjectMeta.Namespace }}" \\
  {{- if .Spec.Parallelism }} --tensor-parallel-size {{ .Spec.Parallelism.Tensor }}{{- end }} \\
  --port 8100 {{ if .GlobalConfig.EnableTLS }}--ssl-certfile /tls.crt{{- end }} ${VLLM_ADDITIONAL_ARGS} ${KV}" "$@"
"""


def preset(name: str, text: str = PRESET) -> Any:
    return base(name, template={"containers": [container("main", "x/y", ["/bin/bash", "-c", text, "--"])]})


NGINX = container("web", "nginx:1")
