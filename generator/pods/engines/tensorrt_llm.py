"""TensorRT-LLM."""

from __future__ import annotations

from .engine import Engine, Grammar

_GRAMMAR = Grammar(
    flags=frozenset("trust-remote-code fail-fast-on-attention-window-too-large enable-chunked-prefill h help".split()),
    flag_prefixes=("enable-", "disable-", "no-"),
)

TENSORRT_LLM = Engine(
    name="tensorrt_llm",
    programs=(("trtllm-serve",),),
    images=(r"(^|/)tensorrt-llm(/release)?$", r"(^|/)tensorrt-llm/"),
    port=8000,
    grammar=_GRAMMAR,
    container_names=("trtllm", "tensorrt-llm"),
    positional=True,
    strict=True,  # NVIDIA/TensorRT-LLM#9709
    sub_command="serve",
    local_name=True,
    metrics="trtllm-serve",
    metrics_path="/prometheus/metrics",
    rank=2,
)
