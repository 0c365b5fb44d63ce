"""What is said of a ModelService beside its facts."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    deployment,
    vllm,
)
from tests.generator.scenes import codes


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
