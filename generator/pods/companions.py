"""Containers that share a pod with the engine and serve no model themselves. Data and look-ups, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmd_routes.kube.objects import text

from .routing_sidecar import is_routing

# Containers of a serving pod that are not servers.
_SKIPPED_NAMES = frozenset(
    (
        "istio-proxy",
        "istio-init",
        "linkerd-proxy",
        "envoy",
        "envoy-proxy",
        "vllm-render",
        "requester",
        "storage-initializer",
        "epp",
        "lora-adapter-syncer",
        "tokenizer",
        "uds-tokenizer",
        "tokenizer-uds",
    )
)
_SKIPPED_IMAGES = re.compile(
    r"istio/proxyv2|envoyproxy/envoy|lora-syncer|lora-adapter-syncer|dynamic-lora|storage-initializer|uds-tokenizer"
    r"|fast-model-actuation/|/requester(?=[:@]|$)|cloud-sdk|curlimages/|busybox|alpine/git"
)
_SYNCER = re.compile(r"lora-syncer|lora-adapter-syncer|dynamic-lora")


def is_syncer(container: Mapping[str, Any]) -> bool:
    """Return whether a container loads LoRA adapters into the engine at run time."""
    return text(container, "name") == "lora-adapter-syncer" or bool(_SYNCER.search(text(container, "image") or ""))


def is_skipped(container: Mapping[str, Any]) -> bool:
    """Return whether a container cannot be a model server, whatever its arguments are."""
    image = text(container, "image") or ""
    return is_routing(container) or text(container, "name") in _SKIPPED_NAMES or bool(_SKIPPED_IMAGES.search(image))
