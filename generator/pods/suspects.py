"""Containers that probably serve a model, although no engine is recognised: by accelerators, model words and names.

Data and look-ups, no I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from llmd_routes.kube.objects import items, mapping, text, texts
from llmd_routes.names import ENGINE_TYPE, SETTINGS_FILE

from .images import repository_of

# Extended resources of accelerators, by the vendor's domain.
_ACCELERATORS: Final = re.compile(
    r"^(nvidia\.com/(gpu|mig)|amd\.com/gpu|gpu\.intel\.com/|habana\.ai/gaudi|google\.com/tpu|aws\.amazon\.com/neuron"
    r"|huawei\.com/ascend|rebellions\.ai/|furiosa\.ai/|cambricon\.com/|qualcomm\.com/)",
    re.IGNORECASE,
)
_OPTIONS: Final = re.compile(r"^--?(model|model[-_](id|path|name|tag|repo)|served[-_]model[-_]name)(=|$)")
_VARIABLES: Final = frozenset(
    "MODEL MODEL_ID MODEL_NAME MODEL_PATH HF_MODEL_ID HF_MODEL SERVED_MODEL_NAME MODEL_REPO".split()
)
# Model servers that no endpoint picker supports, by the last component of their image's repository.
_KNOWN: Final = (
    (r"(^|/)text-embeddings-inference[^/]*$", "Text Embeddings Inference"),
    (r"(^|/)infinity(-[a-z0-9]+)*$", "Infinity"),
    (r"(^|/)ollama[^/]*$", "Ollama"),
    (r"(^|/)localai[^/]*$", "LocalAI"),
    (r"(^|/)xinference[^/]*$", "Xinference"),
    (r"(^|/)(djl-inference|djl-serving)[^/]*$", "DJL Serving"),
    (r"(^|/)torchserve[^/]*$", "TorchServe"),
    (r"(^|/)(ovms|openvino[_-]model[_-]server|model_server)[^/]*$", "OpenVINO Model Server"),
    (r"(^|/)whisper[^/]*$", "a Whisper server"),
)


def suspicion(container: Mapping[str, Any]) -> str | None:
    """Return why a container probably serves a model, and how to route it; None without a reason."""
    name, image = text(container, "name") or "?", text(container, "image") or ""
    repository = repository_of(image)
    known = next((what for pattern, what in _KNOWN if re.search(pattern, repository)), None)
    fact = known or _accelerator(container) or _model_word(container)
    if fact is None:
        return None
    told = f"runs {fact}" if known else f"{fact}, but its image {repository or '(none)'} belongs to no known engine"
    return f"container {name} {told}; to route it, set the pod label {ENGINE_TYPE}, or describe it in {SETTINGS_FILE}"


def _accelerator(container: Mapping[str, Any]) -> str | None:
    for kind in ("limits", "requests"):
        for resource in mapping(container, "resources", kind):
            if _ACCELERATORS.search(str(resource)):
                return f"requests {resource}"
    return "requests a device by a resource claim" if mapping(container, "resources").get("claims") else None


def _model_word(container: Mapping[str, Any]) -> str | None:
    for word in texts(container, "command") + texts(container, "args"):
        if found := _OPTIONS.match(word):
            return f"has the argument {found[0].rstrip('=')}"
    names = (text(entry, "name") for entry in items(container, "env"))
    return next((f"has the environment variable {name}" for name in names if name in _VARIABLES), None)
