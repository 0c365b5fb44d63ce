"""Merge an LLMInferenceService with the configs that it references. Pure, no I/O.

KServe lays its own preset lowest, then `baseRefs` in their order, then the resource. Source: config_merge.go in
pkg/controller/v1alpha2/llmisvc of https://github.com/kserve/kserve.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from typing import Any

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Object, dig, integer, items, mapping, name_of, text
from llmd_routes.names import KSERVE
from llmd_routes.text.go_templates import decided

CONFIG = "LLMInferenceServiceConfig"
# The prefix of KServe's built-in presets, and the status annotations that contain their versions.
_PRESETS = "kserve-config-llm-"
_VERSION = "serving.kserve.io/config-llm-"
# The setting that enables TLS in presets, and the ConfigMap that contains it.
_TLS = ".GlobalConfig.EnableTLS"
_SETTINGS = "inferenceservice-config"


@dataclass(frozen=True, slots=True)
class Merged:
    """The effective definition of a resource: `spec` with all layers, `own` without its presets.

    `preset` is the underlying preset of the input, `absent` a base that is not in the input, `tls` whether presets
    enable TLS.
    """

    spec: Mapping[str, Any]
    own: Mapping[str, Any]
    preset: str | None
    absent: str | None
    tls: bool


def merged(context: Objects, obj: Object) -> Merged:
    """Return a resource merged over its bases and the preset of KServe, as far as the input contains them.

    A built-in preset that is missing is not merged: its facts are known.
    """
    layers: list[tuple[str, Object]] = []
    absent = None
    for reference in items(obj, "spec", "baseRefs"):
        name = text(reference, "name") or ""
        base = _config(context, obj, name)
        if base is not None:
            layers.append((name, base))
        elif not _is_preset(name):
            absent = absent or name
    layers.append(("", obj))
    preset = _config(context, obj, _preset_name(obj, _laid(base for _, base in layers)))
    lowest = [preset] if preset else []
    tls = _tls(context)
    return Merged(
        spec=decided(_laid((*lowest, *(base for _, base in layers))), _TLS, tls),
        own=_laid(base for name, base in layers if not _is_preset(name)),
        preset=name_of(preset) if preset else None,
        absent=absent,
        tls=tls,
    )


def _laid(layers: Iterable[Object]) -> dict[str, Any]:
    return reduce(over, (mapping(layer, "spec") for layer in layers), {})


def _is_preset(name: str) -> bool:
    return _PRESETS in name


def _tls(context: Objects) -> bool:
    """Return whether presets enable TLS: a setting of KServe's installation."""
    for obj in context.of("ConfigMap", ""):
        if name_of(obj) == _SETTINGS and (told := text(obj, "data", "ingress")):
            with suppress(ValueError):
                return dig(json.loads(told), "enableLLMInferenceServiceTLS") is not False
    return True


def _preset_name(obj: Object, spec: Mapping[str, Any]) -> str:
    """Return the preset that KServe uses for the serving pods, in the version from the status."""
    kind = "template"
    if isinstance(spec.get("worker"), Mapping):
        data = any(integer(dig(spec, "parallelism", key)) for key in ("data", "dataLocal"))
        kind = "worker-data-parallel" if data else "worker-pipeline-parallel"
    kind = f"decode-{kind}" if isinstance(spec.get("prefill"), Mapping) else kind
    return text(obj, "status", "annotations", _VERSION + kind) or _PRESETS + kind


def _config(context: Objects, obj: Object, name: str) -> Object | None:
    """Return the config with a name: in the resource's namespace, else in another one if only one has it."""
    found = [config for config in context.of(CONFIG, KSERVE) if name_of(config) == name]
    own = [config for config in found if context.namespaces.of(config) == context.namespaces.of(obj)]
    return own[0] if own else found[0] if len(found) == 1 else None


def over(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Merge one mapping over another; lists of named items (containers) merge by name, other lists are replaced."""
    result = dict(base)
    for key, value in top.items():
        below = result.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            result[key] = over(below, value)
        elif (
            isinstance(value, list) and isinstance(below, list) and all(text(item, "name") for item in (*value, *below))
        ):
            names = {text(item, "name"): item for item in below}
            result[key] = [over(names.get(text(i, "name")) or {}, i) for i in value]
            result[key] += [item for item in below if text(item, "name") not in {text(i, "name") for i in value}]
        elif value is not None:
            result[key] = value
    return result
