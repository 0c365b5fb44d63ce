"""Roles that arguments state, and those that they only suggest."""

from __future__ import annotations

import json

import pytest

from llmd_routes.pods.arguments import parse
from llmd_routes.pods.engines import by_name
from llmd_routes.pods.roles import role_of_arguments, role_of_transfer

VLLM, SGLANG = by_name("vllm"), by_name("sglang")
NESTED = json.dumps(
    {"kv_connector": "MultiConnector", "kv_role": "kv_producer", "connectors": [{"kv_role": "kv_both"}]}
)


@pytest.mark.parametrize(
    ("value", "role"), [("decode", "decode"), ("prefill", "prefill"), ("null", None), ("encode", None)]
)
def test_an_engine_limited_to_one_half(value: str, role: str | None) -> None:
    words = ["--disaggregation-mode", value]
    assert role_of_arguments(parse(words, SGLANG.grammar), SGLANG) == role
    assert role_of_arguments(parse(words, VLLM.grammar), VLLM) is None
    assert role_of_arguments(parse(words, SGLANG.grammar), None) is None


@pytest.mark.parametrize(
    ("words", "role"),
    [
        (["--kv-transfer-config", '{"kv_role": "kv_consumer"}'], "decode"),
        (["--kv-transfer-config", NESTED], "prefill"),
        (["--kv-transfer-config.kv_role=kv_producer"], "prefill"),
        (["--kv-transfer-config", '{"kv_role": "kv_both"}'], None),
        (["--kv-transfer-config", "{"], None),
        (["--kv-transfer-config", '{"kv_role": 1}'], None),
        (["--kv-transfer-config", "[" * 100_000], None),
        ([], None),
    ],
)
def test_an_engine_that_only_sends_or_receives_caches(words: list[str], role: str | None) -> None:
    assert role_of_transfer(parse(words, VLLM.grammar), VLLM) == role
    assert role_of_transfer(parse(words, SGLANG.grammar), SGLANG) is None
