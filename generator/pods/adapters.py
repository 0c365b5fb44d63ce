"""LoRA adapters that are loaded while an engine runs: by a syncer, as its ConfigMap lists them, or by clients. Pure.

Source of the syncer: `tools/dynamic-lora-sidecar` of https://github.com/kubernetes-sigs/gateway-api-inference-extension.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmd_routes.kube.objects import items, mapping, text
from llmd_routes.names import SETTINGS_FILE
from llmd_routes.notices import Remark
from llmd_routes.text.yaml_values import load

from .commands import Pod
from .companions import is_syncer
from .engines.engine import Engine

# Values of a variable that enable nothing.
_OFF = frozenset(("", "0", "false", "no", "off"))


def syncer_adapters(pod: Pod) -> tuple[list[str], tuple[Remark, ...]]:
    """Return the adapter names that a syncer container of the pod loads, in order, and remarks about others."""
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


def loaded_by_clients(engine: Engine | None, env: Mapping[str, str], container: str) -> tuple[Remark, ...]:
    """Return a remark if clients can load adapters at run time: no manifest names them, so they get no route.

    Source: https://docs.vllm.ai/en/latest/features/lora.html (dynamically serving LoRA adapters)
    """
    given = (name for name in (engine.lora_env if engine else ()) if env.get(name, "").lower() not in _OFF)
    if (variable := next(given, None)) is None:
        return ()
    fact = f"container {container} may load adapters at run time (variable {variable}), which are not routed"
    fix = f"list them in {SETTINGS_FILE} (models), or pass --lora-modules to the engine"
    return (("dynamic-lora", fact, fix),)


def _config_maps(spec: Mapping[str, Any]) -> list[str]:
    return [name for volume in items(spec, "volumes") if (name := text(volume, "configMap", "name"))]


def _ensured(content: str) -> list[str]:
    if "vLLMLoRAConfig" not in content:
        return []
    config = mapping(load(content), "vLLMLoRAConfig")
    removed = {text(model, "id") for model in items(config, "ensureNotExist", "models")}
    ids = [text(model, "id") for model in items(config, "ensureExist", "models")]
    return [name for name in ids if name and name not in removed]
