"""LoRA adapters that a syncer loads into the engine at run time, as its ConfigMap lists them. Pure, no I/O.

Source: `tools/dynamic-lora-sidecar` of https://github.com/kubernetes-sigs/gateway-api-inference-extension.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmd_routes.kube.objects import items, mapping, text
from llmd_routes.notices import Remark
from llmd_routes.text.yaml_values import load

from .commands import Pod
from .companions import is_syncer


def syncer_adapters(pod: Pod) -> tuple[list[str], tuple[Remark, ...]]:
    """Return the names that a syncer of the pod ensures, in order, and what could not be read of them."""
    containers = items(pod.spec, "initContainers") + items(pod.spec, "containers")
    syncer = next((c for c in containers if is_syncer(c)), None)
    if syncer is None:
        return [], ()
    maps = [data for name in _config_maps(pod.spec) if (data := pod.config_map(name)) is not None]
    names = [name for data in maps for content in data.values() for name in _ensured(content)]
    container = text(syncer, "name") or "?"
    if names:
        return list(dict.fromkeys(names)), (
            (
                "dynamic-lora",
                f"container {container} loads adapters at run time: {', '.join(names)}",
                "run generate again when its ConfigMap changes",
            ),
        )
    return [], (
        (
            "dynamic-lora",
            f"container {container} loads adapters at run time from a ConfigMap that is not in the input",
            "add the ConfigMap to the input to route its adapters",
        ),
    )


def _config_maps(spec: Mapping[str, Any]) -> list[str]:
    return [name for volume in items(spec, "volumes") if (name := text(volume, "configMap", "name"))]


def _ensured(content: str) -> list[str]:
    if "vLLMLoRAConfig" not in content:
        return []
    config = mapping(load(content), "vLLMLoRAConfig")
    removed = {text(model, "id") for model in items(config, "ensureNotExist", "models")}
    ids = [text(model, "id") for model in items(config, "ensureExist", "models")]
    return [name for name in ids if name and name not in removed]
