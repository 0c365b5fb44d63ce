"""The facts of a ModelService that its parts tell together."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    deployment,
    vllm,
)
from tests.generator.scenes import GUIDE


def test_the_key_that_clients_must_send() -> None:
    inventory = build_inventory([deployment("a", {"app": "a"}, vllm("m", "--api-key", "sk-1"))])
    assert inventory.services[0].key == "Deployment/a: option --api-key"
    (notice,) = inventory.notices
    assert (notice.code, "sk-1" in notice.message) == ("key-required", False)


def test_owner_keys() -> None:
    keys = [
        build_inventory([deployment("a", {**GUIDE, **labels}, vllm("m"))]).services[0].owned_by
        for labels in (
            {},
            {"llm-d.ai/owned-by": "Team-A"},
            {"llm-d.ai/owned-by": "trtllm"},
            {"llm-d.ai/engine-type": "sglang"},
        )
    ]
    assert keys == ["vllm", "team-a", "tensorrt_llm", "sglang"]
