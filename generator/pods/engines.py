"""The engine table: how each inference engine is recognised and what it does when nothing is said. Data, no I/O.

Sources: the container images and the command line help of each engine; `llm-d.ai/engine-type` values of llm-d-router.
A command beats an image: llm-d's own images carry vLLM and can be made to run SGLang.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llmd_routes_sidecar.owners import normalise

from .arguments import GO, LLAMACPP, SGLANG, SIM, TGI, TRTLLM, VLLM, Grammar


@dataclass(frozen=True, slots=True)
class Engine:
    """One row of the table.

    `programs` are word sequences that start the server: the first word is compared with the base name of the
    program, `-m` rows with a Python module. `images` are matched against the repository of the image, without tag.
    `model_options` are asked in order when there is no positional; `positional` tells whether one can stand for it.
    Variables that begin with `env_prefix` stand for options (`LLAMA_ARG_HF_REPO` for `--hf-repo`). `key_options` and
    `key_env` hold the key that clients must send.
    A `strict` engine answers 400 to a request with fields that it does not know.
    """

    name: str
    programs: tuple[tuple[str, ...], ...]
    images: tuple[str, ...]
    port: int
    grammar: Grammar
    model_options: tuple[str, ...] = ("model",)
    name_options: tuple[str, ...] = ("served-model-name",)
    lora_options: tuple[str, ...] = ()
    model_env: tuple[str, ...] = ()
    port_options: tuple[str, ...] = ("port",)
    env_prefix: str | None = None
    key_options: tuple[str, ...] = ("api-key",)
    key_env: tuple[str, ...] = ()
    container_names: tuple[str, ...] = ()
    positional: bool = False
    simulator: bool = False
    strict: bool = False


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

ENGINES: tuple[Engine, ...] = (
    Engine(
        name="vllm",
        programs=(("llm-d-inference-sim",),),
        images=(r"llm-d-inference-sim$", r"(^|/)vllm-sim"),
        port=8000,
        grammar=SIM,
        lora_options=("lora-modules", "lora"),
        model_env=("SIM_MODEL",),
        simulator=True,
    ),
    Engine(
        name="vllm",
        programs=(
            ("vllm", "serve"),
            ("vllm-omni", "serve"),
            ("-m", "vllm.entrypoints.openai.api_server"),
            ("-m", "vllm.entrypoints.api_server"),
            ("-m", "vllm.entrypoints.cli.main", "serve"),
        ),
        images=_VLLM_IMAGES,
        port=8000,
        grammar=VLLM,
        model_options=("model", "model-tag"),
        lora_options=("lora-modules",),
        key_env=("VLLM_API_KEY",),
        container_names=("vllm",),
        positional=True,
    ),
    Engine(
        name="mini-sglang",
        programs=(("-m", "minisgl"), ("mini-sglang",)),
        images=(r"mini-?sgl(ang)?($|/)",),
        port=1919,
        grammar=SGLANG,
        model_options=("model-path", "model"),
    ),
    Engine(
        name="sglang",
        programs=(("-m", "sglang.launch_server"), ("sglang", "serve")),
        images=(r"(^|/)lmsysorg/sglang", r"(^|/)sglang(-[a-z0-9]+)*$"),
        port=30000,
        grammar=SGLANG,
        model_options=("model-path", "model"),
        lora_options=("lora-paths",),
        container_names=("sglang",),
    ),
    Engine(
        name="tensorrt_llm",
        programs=(("trtllm-serve",),),
        images=(r"(^|/)tensorrt-llm(/release)?$", r"(^|/)tensorrt-llm/"),
        port=8000,
        grammar=TRTLLM,
        container_names=("trtllm", "tensorrt-llm"),
        positional=True,
        strict=True,  # NVIDIA/TensorRT-LLM#9709
    ),
    Engine(
        name="tgi",
        programs=(("text-generation-launcher",), ("text-generation-router",)),
        images=(r"text-generation-inference$", r"(^|/)tgi-[a-z0-9-]+$"),
        port=80,
        grammar=TGI,
        model_options=("model-id",),
        model_env=("MODEL_ID",),
        key_env=("API_KEY",),
        container_names=("tgi",),
    ),
    Engine(
        name="llamacpp",
        programs=(("llama-server",), ("-m", "llama_cpp.server")),
        images=(r"(^|/)llama\.cpp$", r"(^|/)llama-cpp", r"(^|/)llama-server$"),
        port=8080,
        grammar=LLAMACPP,
        model_options=("hf", "hfr", "hf-repo", "m", "model"),
        name_options=("a", "alias"),
        env_prefix="LLAMA_ARG_",
        key_options=("api-key", "api-key-file"),
        key_env=("LLAMA_API_KEY", "LLAMA_ARG_API_KEY_FILE"),
        container_names=("llama-server", "llamacpp"),
    ),
    Engine(
        name="triton",
        programs=(("tritonserver",),),
        images=(r"(^|/)tritonserver$",),
        port=8000,
        grammar=GO,
        model_options=("model-name",),
    ),
    Engine(
        name="lmdeploy",
        programs=(("lmdeploy", "serve", "api_server"),),
        images=(r"(^|/)lmdeploy$",),
        port=23333,
        grammar=VLLM,
        name_options=("model-name",),
        model_options=("model-path",),
        port_options=("server-port",),
        key_options=("api-keys",),
        positional=True,
    ),
    Engine(
        name="nim",
        programs=(),
        images=(r"(^|/)nvcr\.io/nim/", r"^nvcr\.io/nim/"),
        port=8000,
        grammar=GO,
        name_options=(),
        model_options=(),
        model_env=("NIM_SERVED_MODEL_NAME", "NIM_MODEL_NAME"),
    ),
)

# Programs of the same families that start no server for chat or completions.
NOT_SERVERS: dict[tuple[str, ...], str] = {
    ("vllm", "launch"): "a tokenizer (vllm launch render)",
    ("vllm", "bench"): "a benchmark client",
    ("vllm", "chat"): "a client",
    ("vllm", "complete"): "a client",
    ("vllm", "run-batch"): "a batch run",
    ("-m", "sglang.bench_serving"): "a benchmark client",
    ("-m", "sglang_router.launch_router"): "a router",
    ("-m", "sglang.launch_router"): "a router",
    ("-m", "dynamo.frontend"): "the frontend of Dynamo, a proxy",
    ("vllm-router",): "a router",
    ("litellm",): "LiteLLM, a proxy",
    ("open-webui", "serve"): "Open WebUI, a client",
}

# What answers OpenAI's paths for servers elsewhere, by the repository of its image.
_PROXIES: tuple[tuple[str, str], ...] = (
    (r"(^|/)litellm(-[a-z]+)*$", "LiteLLM, a proxy"),
    (r"(^|/)(lmstack-router|vllm-router)$", "the router of vLLM's production stack, a proxy"),
    (r"(^|/)open-webui$", "Open WebUI, a client"),
)

# Words after which an engine's name is only text.
_SPEAKERS = frozenset(
    ("echo", "printf", "grep", "pgrep", "pkill", "killall", "which", "type", "awk", "sed", "cat", "pip")
)


def known(value: str | None) -> str | None:
    """Return the engine that a label value names, or None when it names none of the table."""
    key = normalise(value or "")
    return key if any(engine.name == key for engine in ENGINES) else None


def by_name(name: str) -> Engine:
    """Return the row that reads the arguments of an engine; simulators are never meant by a name."""
    return next(engine for engine in ENGINES if engine.name == name and not engine.simulator)


def is_strict(name: str | None) -> bool:
    """Return whether an engine of the table refuses requests with fields that it does not know."""
    return any(engine.strict for engine in ENGINES if engine.name == name)


def by_command(words: Sequence[str]) -> tuple[Engine, list[str]] | None:
    """Return the engine that a simple command starts and the words after the program, or None."""
    if not words or _base(words[0]) in _SPEAKERS:
        return None
    for engine in ENGINES:
        for program in engine.programs:
            start = _find(words, program)
            if start is not None:
                return engine, list(words[start + len(program) :])
    return None


def not_a_server(words: Sequence[str]) -> str | None:
    """Return what a command of an engine's family is instead of a server, or None."""
    return next((what for program, what in NOT_SERVERS.items() if _find(words, program) is not None), None)


def proxy_by_image(image: str) -> str | None:
    """Return what an image is that passes requests on to servers, or asks them, or None."""
    repository = repository_of(image)
    return next((what for pattern, what in _PROXIES if re.search(pattern, repository)), None)


def served_by_unknown(words: Sequence[str]) -> list[str] | None:
    """Return the words after `PROGRAM serve` of a program that no row knows, or None."""
    is_such = len(words) > 2 and words[1] == "serve" and not words[0].startswith("-") and by_command(words) is None
    return list(words[2:]) if is_such else None


def by_image(image: str) -> Engine | None:
    """Return the engine that an image's repository names, or None."""
    repository = repository_of(image)
    return next((e for e in ENGINES for pattern in e.images if re.search(pattern, repository)), None)


def by_container_name(name: str) -> Engine | None:
    """Return the engine that a container is named after, or None."""
    return next((e for e in ENGINES if name in e.container_names), None)


def repository_of(image: str) -> str:
    """Return an image reference without tag and digest."""
    without_digest = image.split("@", 1)[0]
    head, slash, tail = without_digest.rpartition("/")
    return f"{head}{slash}{tail.split(':', 1)[0]}"


def tag_of(image: str) -> str:
    """Return the tag of an image reference, empty when it has none."""
    tail = image.split("@", 1)[0].rpartition("/")[2]
    return tail.partition(":")[2]


def _find(words: Sequence[str], program: tuple[str, ...]) -> int | None:
    first = program[0]
    for index in range(len(words) - len(program) + 1):
        word = words[index]
        if (word if first == "-m" else _base(word)) == first and tuple(
            words[index + 1 : index + len(program)]
        ) == program[1:]:
            return index
    return None


def _base(word: str) -> str:
    return word.rpartition("/")[2]
