"""llama.cpp; its presets: https://github.com/ggml-org/llama.cpp/blob/master/docs/preset.md ."""

from __future__ import annotations

from .engine import Engine, Grammar

_GRAMMAR = Grammar(
    flags=frozenset(
        "cont-batching cb embedding embeddings fa flash-attn jinja metrics mlock no-mmap props rerank reranking slots"
        " verbose v".split()
    ),
    flag_prefixes=("no-",),
)

LLAMACPP = Engine(
    name="llamacpp",
    programs=(("llama-server",), ("-m", "llama_cpp.server")),
    images=(r"(^|/)llama\.cpp$", r"(^|/)llama-cpp", r"(^|/)llama-server$"),
    port=8080,
    grammar=_GRAMMAR,
    model_options=("hf", "hfr", "hf-repo", "m", "model"),
    name_options=("a", "alias"),
    env_prefix="LLAMA_ARG_",
    key_options=("api-key", "api-key-file"),
    key_env=("LLAMA_API_KEY", "LLAMA_ARG_API_KEY_FILE"),
    container_names=("llama-server", "llamacpp"),
    presets_file="models-preset",
    names_by_comma=True,
    paths=(
        *("/completion", "/completions", "/chat/completions", "/embedding", "/embeddings", "/infill"),
        *("/rerank", "/reranking", "/tokenize", "/detokenize", "/apply-template"),
    ),
    path_option="api-prefix",
    pooling_options=("embedding", "embeddings", "rerank", "reranking"),
)
