"""Reads the first operator's ModelServices (`llm-d.ai/v1alpha1`, May to July 2025). Pure, no I/O.

The resource names a ConfigMap (`baseConfigMapRef`) whose values are Go-templated manifests; its own `decode` and
`prefill` containers are laid over them. Children and pool are the operator's: `<name>-decode`, `<name>-inference-pool`.
Source: https://github.com/llm-d/llm-d-model-service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .context import Context
from .grouping import Part
from .inventory import PodTemplate
from .kserve import ref_of
from .names import LLMD, MODEL, OWNED_BY, ROLE, SERVING
from .objects import Object, items, labels, mapping, name_of, namespace_of, text
from .served import Served
from .servers import Pod, Server, find_server
from .serving_ports import ServingPorts
from .yamltext import load

_ROLES = ("decode", "prefill")
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def parts(context: Context) -> list[Part]:
    """Return one part per ModelService resource, in input order."""
    return [_part(context, obj) for obj in context.of("ModelService", LLMD)]


def _part(context: Context, obj: Object) -> Part:
    ref = ref_of(context, obj)
    roles = tuple(role for role in _ROLES if mapping(obj, "spec", role)) or ("decode",)
    look_up = context.config_maps(ref.namespace)
    base = look_up(text(obj, "spec", "baseConfigMapRef", "name") or "") or {}
    templates = tuple(PodTemplate(ref, _labels(name_of(obj), role), derived=True) for role in roles)
    spec = _pod_spec(obj, roles[0], base)
    found = find_server(Pod(templates[0].labels, labels(obj, "metadata", "annotations"), spec, look_up, selected=True))
    server = found if isinstance(found, Server) else _unknown(found)
    owner = labels(obj, "metadata", "labels") | labels(obj, "metadata", "annotations")
    templated = any("{{" in value for value in base.values())
    fact = f"ConfigMap {text(obj, 'spec', 'baseConfigMapRef', 'name')} holds Go templates"
    return Part(
        ref=ref,
        own_namespace=namespace_of(obj),
        server=_routed(server, obj),
        templates=templates,
        owned_by=(owner[OWNED_BY], f"{OWNED_BY} = {owner[OWNED_BY]}") if OWNED_BY in owner else None,
        roles=roles,
        controller="the ModelService operator",
        managed_pool=f"{ref.name}-inference-pool",
        notices=(("template", fact, "check the facts on the rendered Deployments"),) if templated else (),
    )


def _labels(name: str, role: str) -> dict[str, str]:
    """Return the labels that the operator puts on the pods of one role."""
    return {MODEL: name, ROLE: role, SERVING[1]: "true"}


def _pod_spec(obj: Object, role: str, base: Mapping[str, str]) -> dict[str, Any]:
    """Return the pod of a role: the base's containers, with the resource's own of the same name laid over."""
    below = _base_spec(base.get(f"{role}Deployment", ""))
    own = items(obj, "spec", role, "containers")
    named = {text(container, "name"): container for container in own}
    merged = [{**container, **named.pop(text(container, "name"), {})} for container in items(below, "containers")]
    return {**below, "containers": [*merged, *named.values()]}


def _base_spec(manifest: str) -> dict[str, Any]:
    """Parse a Go-templated manifest; template expressions stand for words that are not known."""
    return mapping(load(_TEMPLATE.sub("__template__", manifest)), "spec", "template", "spec")


def _routed(server: Server, obj: Object) -> Server:
    """Take the served name from `spec.routing.modelName`, which the operator hands to the engine."""
    name = text(obj, "spec", "routing", "modelName")
    if not name:
        return server
    adapters = tuple(model for model in server.served.models[1:] if "__template__" not in model)
    served = Served((name, *adapters), server.served.dynamic, (f"spec.routing.modelName = {name}",))
    evidence = {**server.evidence, "models": served.evidence}
    problems = tuple(problem for problem in server.problems if problem[0] != "unreadable-model")
    return replace(server, served=served, evidence=evidence, problems=problems)


def _unknown(reason: str | None) -> Server:
    ports = ServingPorts((8000,), "http", (), (), ())
    problem = (
        "unknown-engine",
        f"its containers tell no engine{f' ({reason})' if reason else ''}",
        "set the pod label llm-d.ai/engine-type",
    )
    return Server(None, False, Served(), ports, False, (problem,), {})
