"""Where the key is set that clients must send."""

from __future__ import annotations

from typing import Any

import pytest

from tests.generator.objects import container, vllm
from tests.generator.pods.building import LLAMA, serve

SECRET = {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}


@pytest.mark.parametrize(
    ("key", "one"),
    [
        ("option --api-key", vllm("m", "--api-key", "sk-1")),
        ("env VLLM_API_KEY", vllm("m", env=[{"name": "VLLM_API_KEY", **SECRET}])),
        ("env VLLM_API_KEY", vllm("m", env=[{"name": "VLLM_API_KEY", "value": "sk-1"}])),
        (None, vllm("m", env=[{"name": "VLLM_API_KEY", "value": ""}])),
        (None, vllm("m", env=[{"name": "LLAMA_API_KEY", "value": "sk-1"}])),
        ("env LLAMA_API_KEY", container("x", LLAMA, None, ["-m", "m"], env=[{"name": "LLAMA_API_KEY", **SECRET}])),
        ("option --api-key-file", container("x", LLAMA, None, ["-m", "m", "--api-key-file", "/f"])),
        ("option --api-key", container("x", "y", ["sglang", "serve"], ["--model-path", "m", "--api-key=sk-1"])),
    ],
)
def test_where_a_key_is_set_and_never_the_key(key: str | None, one: Any) -> None:
    found = serve(one)
    assert found.key == key
    assert "sk-1" not in repr(found)
