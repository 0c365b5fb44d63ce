"""vLLM, and llm-d's simulator, which imitates it."""

from __future__ import annotations

from .engine import Engine, Grammar

VLLM_GRAMMAR = Grammar(
    flags=frozenset(
        "aggregate-engine-logging allow-credentials allow-deprecated-quantization async-scheduling calculate-kv-scales"
        " cudagraph-metrics data-parallel-external-lb data-parallel-hybrid-lb data-parallel-multi-port-external-lb dpe"
        " dph enforce-eager exclude-tools-when-tool-choice-none fail-on-environ-validation fully-sharded-loras headless"
        " grpc interleave-mm-strings kv-cache-metrics kv-sharing-fast-prefill language-model-only log-error-stack"
        " multi-step-stream-outputs omni ray-workers-use-nsight return-tokens-as-token-ids skip-mm-profiling"
        " skip-tokenizer-init trust-remote-code trust-request-chat-template use-tqdm-on-load use-v2-block-manager"
        " worker-use-ray h help v version".split()
    ),
    flag_prefixes=("enable-", "disable-", "no-"),
    valued=frozenset(("disable-access-log-for-endpoints", "enable-log-deltas-after")),
    several=frozenset(
        "api-key cudagraph-capture-sizes cuda-graph-sizes lora-modules prompt-adapters served-model-name"
        " lora-target-modules logits-processors".split()
    ),
)
_SIM_GRAMMAR = Grammar(
    flags=frozenset("enable-kvcache enable-sleep-mode ssl-insecure fake-metrics-enabled".split()),
    flag_prefixes=("enable-",),
    several=frozenset(("served-model-name", "lora-modules")),
)
_VLLM_IMAGES = (
    r"(^|/)vllm/vllm-",
    r"(^|/)vllm-openai(-[a-z0-9]+)?$",
    r"(^|/)vllm-omni",
    r"(^|/)llm-d/llm-d(-(cuda|rocm|xpu|cpu|hpu|aws|dev|gaudi|tpu)(-[a-z0-9]+)*)?$",
    r"(^|/)rhaiis/vllm-",
    r"(^|/)opea/vllm",
    r"(^|/)rebellions/vllm",
    r"(^|/)vllm-(cpu|tpu|gaudi|hpu|rocm|cuda|neuron|xpu|rbln)(-[a-z0-9-]+)?$",
    r"(^|/)vllm$",
)

VLLM = Engine(
    name="vllm",
    programs=(
        ("vllm", "serve"),
        ("vllm-omni", "serve"),
        ("-m", "vllm.entrypoints.openai.api_server"),
        ("-m", "vllm.entrypoints.api_server"),
        ("-m", "vllm.entrypoints.cli.main", "serve"),
    ),
    images=_VLLM_IMAGES,
    image_words=("vllm",),
    port=8000,
    grammar=VLLM_GRAMMAR,
    model_options=("model", "model-tag"),
    lora_options=("lora-modules",),
    key_env=("VLLM_API_KEY",),
    lora_env=("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "VLLM_LORA_RESOLVER_CACHE_DIR"),
    container_names=("vllm",),
    positional=True,
    options_file="config",
    needs_model=True,
    port_name="vllm",
    transfer_option="kv-transfer-config",
    pooling_options=(
        *("task embed", "task embedding", "task score", "task classify", "task reward", "task pooling"),
        *("runner pooling", "convert embed", "convert classify", "convert reward"),
    ),
    grpc_option="grpc",
    paths=(
        *("/v2/rerank", "/inference/v1", "/invocations", "/tokenize", "/detokenize"),
        *("/pooling", "/classify", "/score", "/rerank", "/generative_scoring"),
    ),
    rank=0,
)
SIMULATOR = Engine(
    name="vllm",
    programs=(("llm-d-inference-sim",),),
    images=(r"llm-d-inference-sim$", r"(^|/)vllm-sim"),
    port=8000,
    grammar=_SIM_GRAMMAR,
    lora_options=("lora-modules", "lora"),
    model_env=("SIM_MODEL",),
    simulator=True,
    options_file="config",
    needs_model=True,
    rank=0,
)
