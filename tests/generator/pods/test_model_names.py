"""The names under which a pod serves, and why they cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.generator.objects import container, vllm
from tests.generator.pods.building import LLAMA, from_maps, serve


@pytest.mark.parametrize(
    ("models", "port", "one"),
    [
        (["a", "b"], 8080, container("x", LLAMA, None, ["-m", "/m.gguf", "--alias", "a,b"])),
        (
            ["al"],
            9000,
            container(
                "x",
                LLAMA,
                env=[
                    {"name": "LLAMA_ARG_HF_REPO", "value": "org/g"},
                    {"name": "LLAMA_ARG_ALIAS", "value": "al"},
                    {"name": "LLAMA_ARG_PORT", "value": 9000},
                ],
            ),
        ),
        (
            ["org/g"],
            1,
            container("x", LLAMA, None, ["--port=1"], env=[{"name": "LLAMA_ARG_HF_REPO", "value": "org/g"}]),
        ),
        (
            ["n"],
            23334,
            container("x", "y", ["lmdeploy", "serve", "api_server", "m"], ["--server-port", "23334", "--model-name=n"]),
        ),
        (
            ["m", "a", "b"],
            8000,
            container("x", "llm-d/llm-d-inference-sim:v1", None, ["--model", "m", "--lora", "a,b"]),
        ),
        (["m"], 8000, container("x", "llm-d/llm-d-inference-sim:v1", env=[{"name": "SIM_MODEL", "value": "m"}])),
    ],
)
def test_options_by_other_names(models: list[str], port: int, one: Any) -> None:
    found = serve(one)
    assert (list(found.served.models), found.ports.numbers, found.remarks) == (models, (port,), ())


OPTIONAL = {"name": "M", "valueFrom": {"configMapKeyRef": {"name": "gone", "key": "M", "optional": True}}}


@pytest.mark.parametrize(
    ("names", "more"),
    [
        (["gone"], {"envFrom": from_maps("a") + from_maps("gone", optional=True)}),
        (["gone"], {"envFrom": from_maps("a"), "env": [OPTIONAL]}),
        ([], {"envFrom": from_maps("gone", optional=True) + from_maps("a")}),
        ([], {"envFrom": from_maps("a") + from_maps("gone", optional=True), "env": [{"name": "M", "value": "a"}]}),
        ([], {"envFrom": [*from_maps("a"), {"prefix": "X_", "configMapRef": {"name": "gone", "optional": True}}]}),
    ],
)
def test_an_optional_config_map_that_would_win_is_told(names: list[str], more: Any) -> None:
    found = serve(vllm("$(M)", **more), maps={"a": {"M": "a", "OTHER": "o"}})
    assert found.served.models == ("a",)
    assert [code for code, *_ in found.remarks] == ["optional-config" for _ in names]
    assert all(
        "ConfigMap gone is not in the input, and would replace the value of M" in fact for _, fact, _ in found.remarks
    )


def test_a_model_that_is_missing_is_said_where_only_a_name_is_given() -> None:
    found = serve(vllm("--served-model-name", "/models/x"))
    assert (found.served.models, [code for code, *_ in found.remarks]) == (("/models/x",), ["no-model-argument"])
