"""Text Generation Inference; `owned_by` in its models list is the name of the model."""

from __future__ import annotations

from .engine import Engine, Grammar

_GRAMMAR = Grammar(
    flags=frozenset("trust-remote-code json-output disable-custom-kernels env".split()),
    flag_prefixes=("disable-", "enable-"),
)

TGI = Engine(
    name="tgi",
    programs=(("text-generation-launcher",), ("text-generation-router",)),
    images=(r"text-generation-inference(-[a-z0-9.]+)*$", r"(^|/)tgi-[a-z0-9-]+$"),
    image_words=("tgi",),
    port=80,
    grammar=_GRAMMAR,
    model_options=("model-id",),
    model_env=("MODEL_ID",),
    key_env=("API_KEY",),
    container_names=("tgi",),
    port_env="PORT",
    paths=("/generate", "/generate_stream", "/chat_tokenize", "/tokenize", "/invocations"),
    tells_owner=False,
)
