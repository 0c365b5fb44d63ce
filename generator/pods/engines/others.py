"""Engines that are recognised, with little known of them beyond that."""

from __future__ import annotations

from .engine import GO, Engine
from .vllm import VLLM_GRAMMAR

TRITON = Engine(
    name="triton",
    programs=(("tritonserver",),),
    images=(r"(^|/)tritonserver$",),
    port=8000,
    grammar=GO,
    model_options=("model-name",),
    metrics="triton-tensorrt-llm",
    health_path="/v2/health/ready",
)
LMDEPLOY = Engine(
    name="lmdeploy",
    programs=(("lmdeploy", "serve", "api_server"),),
    images=(r"(^|/)lmdeploy$",),
    port=23333,
    grammar=VLLM_GRAMMAR,
    name_options=("model-name",),
    model_options=("model-path",),
    port_options=("server-port",),
    key_options=("api-keys",),
    positional=True,
)
NIM = Engine(
    name="nim",
    programs=(),
    images=(r"(^|/)nvcr\.io/nim/", r"^nvcr\.io/nim/"),
    port=8000,
    grammar=GO,
    name_options=(),
    model_options=(),
    model_env=("NIM_SERVED_MODEL_NAME", "NIM_MODEL_NAME"),
    health_path="/v1/health/ready",
)
