"""Programs and images near engines that serve no model themselves: clients, routers, benchmarks. Data and look-ups."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .engines.programs import find
from .images import repository_of

# Programs of the same projects that start no server for chat or completions.
NOT_SERVERS: dict[tuple[str, ...], str] = {
    ("vllm", "launch"): "a tokenizer (vllm launch render)",
    ("vllm", "bench"): "a benchmark client",
    ("vllm", "chat"): "a client",
    ("vllm", "complete"): "a client",
    ("vllm", "run-batch"): "a batch run",
    ("-m", "vllm.entrypoints.grpc_server"): "vLLM's gRPC server, to which no gateway routes; start `vllm serve`",
    (
        "-m",
        "vllm.entrypoints.launchers.grpc_server",
    ): "vLLM's gRPC server, to which no gateway routes; start `vllm serve`",
    ("-m", "sglang.bench_serving"): "a benchmark client",
    ("-m", "sglang_router.launch_router"): "a router",
    ("-m", "sglang.launch_router"): "a router",
    ("-m", "dynamo.frontend"): "the frontend of Dynamo, a proxy",
    ("vllm-router",): "a router",
    ("litellm",): "LiteLLM, a proxy",
    ("open-webui", "serve"): "Open WebUI, a client",
}

# Programs that answer OpenAI's paths on behalf of remote servers, by their image's repository.
_PROXIES: tuple[tuple[str, str], ...] = (
    (r"(^|/)litellm(-[a-z]+)*$", "LiteLLM, a proxy"),
    (r"(^|/)(lmstack-router|vllm-router)$", "the router of vLLM's production stack, a proxy"),
    (r"(^|/)open-webui$", "Open WebUI, a client"),
)


def not_a_server(words: Sequence[str]) -> str | None:
    """Return what a command of an engine's project does instead of serving, or None."""
    return next((what for program, what in NOT_SERVERS.items() if find(words, program) is not None), None)


def proxy_by_image(image: str) -> str | None:
    """Return the kind of an image that forwards requests to servers or sends requests, or None."""
    repository = repository_of(image)
    return next((what for pattern, what in _PROXIES if re.search(pattern, repository)), None)
