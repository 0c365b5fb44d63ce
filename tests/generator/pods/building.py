"""Pods, and what is read of them."""

from __future__ import annotations

from typing import Any

from llmd_routes.pods.commands import Pod
from llmd_routes.pods.servers import Server, find_server

SERVING = {"llm-d.ai/inference-serving": "true"}


def pod(
    *containers: Any, labels: Any = None, annotations: Any = None, init: Any = (), maps: Any = None, **spec: Any
) -> Pod:
    known = maps or {}
    return Pod(
        labels or {},
        annotations or {},
        {"containers": list(containers), "initContainers": list(init), **spec},
        known.get,
    )


def serve(*containers: Any, **more: Any) -> Server:
    found = find_server(pod(*containers, **more))
    assert isinstance(found, Server), found
    return found


LLAMA = "ghcr.io/ggml-org/llama.cpp:server"


def from_maps(*names: str, optional: bool = False) -> Any:
    return [{"configMapRef": {"name": name, "optional": optional}} for name in names]
