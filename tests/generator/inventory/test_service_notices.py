"""What is said of a ModelService beside its facts."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.inventory import ModelService
from tests.generator.objects import deployment, vllm, workload
from tests.generator.scenes import codes, scripted


@pytest.mark.parametrize(
    ("label", "lies"),
    [
        ("Qwen3-32B", False),
        ("qwen3-32b", False),
        ("random_model", False),
        ("ms-x-llm-d-modelservice", False),
        ("Llama-3.1-8B", True),
    ],
)
def test_a_label_of_another_model(label: str, lies: bool) -> None:
    labels = {"llm-d.ai/model": label}
    inventory = build_inventory([deployment("ms-x-llm-d-modelservice-decode", labels, vllm("Qwen/Qwen3-32B"))])
    assert codes(inventory) == ({"label-lies"} if lies else set())


def test_placeholders_are_no_facts() -> None:
    def read(labels: dict[str, str], *words: str) -> tuple[ModelService, dict[str, str]]:
        inventory = build_inventory([deployment("a", labels, vllm(*words))])
        return inventory.services[0], {each.code: each.message for each in inventory.notices}

    service, said = read({"app": "a", "llm-d.ai/owned-by": "${OWNER}"}, "${MODEL}", "--port", "${PORT}")
    assert (service.models, service.ports, service.selector) == ((), (), {"app": "a"})
    assert said == {
        "template": "the served name ${MODEL} is not rendered",
        "unreadable-port": "option --port = ${PORT} is not rendered, so its ports are unknown",
        "unroutable-owner": "the value of label llm-d.ai/owned-by is not rendered, so it is not routed",
    }
    service, said = read({"app": "${APP}"}, "m")
    assert (service.selector, set(said)) == (None, {"not-rendered"})
    assert "app=${APP}" in said["not-rendered"]


def test_a_shell_replaces_its_own_variables() -> None:
    script = scripted({"app": "a"}, ["vllm serve ${MODEL}"])
    (found,) = build_inventory([workload("a", script)]).notices
    assert (found.code, found.message) == ("unreadable-model", "the served name ${MODEL} has no known value")
