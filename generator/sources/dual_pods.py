"""Read dual pods: a "requester" workload whose real server runs in another pod that a controller makes. Pure, no I/O.

Two spellings exist: the modelservice chart (`dual-pod.llm-d.ai/server-patch`, a patch of the requester's pod as text)
and the fast model actuation guide (`dual-pods.llm-d.ai/inference-server-config`, the name of an InferenceServerConfig).
Source: https://github.com/llm-d-incubation/llm-d-fast-model-actuation.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Ref, items, labels, mapping, name_of, port_number, text
from llmd_routes.kube.workloads import Template, Workload
from llmd_routes.model.inventory import Ignored, PodTemplate
from llmd_routes.names import DUAL_POD_PREFIXES, FMA
from llmd_routes.pods.commands import Pod, owner_label
from llmd_routes.pods.servers import Server, find_server
from llmd_routes.text.yaml_values import load
from llmd_routes.values import scalar

from .source import Found, Part, Unread, hint_of, pods_of, roles_of

CONFIG = "InferenceServerConfig"
READS: tuple[ReadKind, ...] = (ReadKind(FMA, ("v1alpha1",), "inferenceserverconfigs", CONFIG),)
_PATCH = tuple(f"{prefix}server-patch" for prefix in DUAL_POD_PREFIXES)
_CONFIG = tuple(f"{prefix}inference-server-config" for prefix in DUAL_POD_PREFIXES)


def read(objects: Objects, left: Sequence[Workload]) -> Found:
    """Return one part per requester, and the InferenceServerConfigs that no requester references."""
    judged = [(workload, _part(objects, workload)) for workload in left]
    unread = [(workload, found) for workload, found in judged if isinstance(found, Unread)]
    reasons = [Ignored(f"{workload.ref.kind}/{workload.ref.name}", found.reason, True) for workload, found in unread]
    return Found(
        parts=tuple(found for _, found in judged if isinstance(found, Part)),
        claimed=frozenset(workload.ref for workload, found in judged if found is not None),
        ignored=(*reasons, *_unnamed(objects, left)),
        pods=tuple(pod for workload, _ in unread for pod in pods_of(workload)),
    )


def _part(objects: Objects, workload: Workload) -> Part | Unread | None:
    """Return what the server pods of a requester serve, why they are unreadable, or None for other workloads."""
    template = workload.templates[0]
    patch = _first(template.annotations, _PATCH)
    config = _first(template.annotations, _CONFIG)
    if patch:
        found = _patched(template, patch[1])
        source = f"annotation {patch[0]}"
    elif config:
        found = _configured(objects, workload, config[1])
        source = f"annotation {config[0]} = {config[1]}"
    else:
        return None
    if isinstance(found, Unread):
        return found
    pod_labels, spec = found
    named = Ref(workload.ref.namespace, CONFIG, config[1]) if config and not patch else None
    server = find_server(Pod(pod_labels, template.annotations, spec, objects.config_maps(workload.ref.namespace)))
    if not isinstance(server, Server):
        return Unread(f"a dual-pod requester whose server cannot be read: {server or 'its engine is unknown'}")
    fact = f"pods of {workload.ref.kind}/{workload.ref.name} are requesters; the serving pods are created at run time"
    return Part(
        ref=workload.ref,
        own_namespace=workload.own_namespace,
        server=_sourced(server, source),
        templates=(PodTemplate(workload.ref, pod_labels, derived=True),),
        owned_by=owner_label(pod_labels),
        release=workload.release,
        roles=roles_of(workload.ref.name, {**template.labels, **pod_labels}, server.role),
        hint=hint_of(workload.ref.name, server.transfer),
        config=named,
        others=tuple(PodTemplate(workload.ref, one.labels) for one in workload.templates),
        notices=(("dual-pod", fact, f"select the labels that {source.partition(' = ')[0]} sets on them"),),
    )


def _unnamed(objects: Objects, workloads: Sequence[Workload]) -> list[Ignored]:
    """Return the InferenceServerConfigs that no requester references, so that nothing serves their models."""
    named = {
        (workload.ref.namespace, found[1])
        for workload in workloads
        for template in workload.templates
        if (found := _first(template.annotations, _CONFIG))
    }
    configs = [(objects.namespaces.of(o), name_of(o)) for o in objects.of(CONFIG, FMA)]
    return [
        Ignored(f"{CONFIG}/{name}", "no requester references it") for at, name in configs if (at, name) not in named
    ]


def _first(annotations: Mapping[str, str], keys: tuple[str, ...]) -> tuple[str, str] | None:
    return next(((key, annotations[key]) for key in keys if annotations.get(key)), None)


def _sourced(server: Server, source: str) -> Server:
    """Return the server with its source added to the evidence of its engine."""
    return replace(server, evidence={**server.evidence, "engine": (*server.evidence.get("engine", ()), source)})


def _patched(template: Template, patch: str) -> tuple[dict[str, str], dict[str, Any]] | Unread:
    """Return labels and spec of the server pod: the requester's, with the patch applied (null removes a label).

    Containers merge by name, so the requester's own container remains next to the server; only those of the patch can
    serve.
    """
    parsed = load(patch)
    if not isinstance(parsed, Mapping):
        return Unread("a dual-pod requester whose server patch is not a YAML mapping")
    merged = dict(template.labels)
    for key, value in mapping(parsed, "metadata", "labels").items():
        word = scalar(value)
        if word is None:
            merged.pop(key, None)
        else:
            merged[key] = word
    return merged, mapping(parsed, "spec")


def _configured(objects: Objects, workload: Workload, name: str) -> tuple[dict[str, str], dict[str, Any]] | Unread:
    """Return labels and an equivalent pod spec of the server that an InferenceServerConfig describes.

    `options` are the arguments of `vllm serve`; the launcher adds the port.
    """
    namespace = workload.ref.namespace
    found = [o for o in objects.of(CONFIG, FMA) if name_of(o) == name and objects.namespaces.of(o) == namespace]
    if not found:
        return Unread(f"a dual-pod requester whose InferenceServerConfig {name} is not in the input")
    config = mapping(found[0], "spec", "modelServerConfig") or mapping(found[0], "spec")
    port = port_number(config.get("port"))
    words = _words(text(config, "options") or "") + (["--port", str(port)] if port else [])
    env = [{"name": key, "value": value} for key, value in labels(config, "env_vars").items()]
    container = {"name": "vllm", "command": ["vllm", "serve"], "args": words, "env": env or items(config, "env")}
    return labels(config, "labels"), {"containers": [container]}


def _words(options: str) -> list[str]:
    try:
        return shlex.split(options)
    except ValueError:
        return options.split()
