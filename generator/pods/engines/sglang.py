"""SGLang, and its small sibling."""

from __future__ import annotations

from .engine import Engine, Grammar

_GRAMMAR = Grammar(
    flags=frozenset(
        "trust-remote-code skip-tokenizer-init log-requests show-time-cost allow-auto-truncate torch-compile-debug"
        " prefill-round-robin-balance flashinfer-mla-disable-ragged delete-ckpt-after-loading"
        " triton-attention-reduce-in-fp32 is-embedding grpc-mode h help".split()
    ),
    flag_prefixes=("enable-", "disable-", "no-"),
    several=frozenset("cuda-graph-bs lora-paths lora-target-modules bucket-time-to-first-token api-keys".split()),
)

SGLANG = Engine(
    name="sglang",
    programs=(("-m", "sglang.launch_server"), ("sglang", "serve")),
    images=(r"(^|/)lmsysorg/sglang", r"(^|/)sglang(-[a-z0-9]+)*$"),
    image_words=("sglang", "sgl"),
    port=30000,
    grammar=_GRAMMAR,
    model_options=("model-path", "model"),
    lora_options=("lora-paths",),
    container_names=("sglang",),
    options_file="config",
    needs_model=True,
    port_name="sglang",
    role_option="disaggregation-mode",
    pooling_options=("is-embedding",),
    grpc_option="grpc-mode",
    paths=(
        "/generate",
        "/encode",
        "/classify",
        "/invocations",
        "/tokenize",
        "/detokenize",
        "/api/chat",
        "/api/generate",
    ),
    metrics="sglang",
    rank=1,
)
MINI_SGLANG = Engine(
    name="mini-sglang",
    programs=(("-m", "minisgl"), ("mini-sglang",)),
    images=(r"mini-?sgl(ang)?($|/)",),
    port=1919,
    grammar=_GRAMMAR,
    model_options=("model-path", "model"),
)
