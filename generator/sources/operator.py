"""Read the first operator's ModelServices (`llm-d.ai/v1alpha1`, May to July 2025). Pure, no I/O.

The resource names a ConfigMap (`baseConfigMapRef`) whose values are Go-templated manifests; its own `decode` and
`prefill` containers are added to them: by name, arguments of the base first. Children and pool are the operator's:
`<name>-decode`, `<name>-inference-pool`. Source: https://github.com/llm-d/llm-d-model-service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Object, items, labels, mapping, name_of, namespace_of, text
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.inventory import PodTemplate
from llmd_routes.names import LLMD, MODEL, ROLE, SERVING
from llmd_routes.pods.commands import Pod, owner_label
from llmd_routes.pods.model_names import Served
from llmd_routes.pods.servers import Server, find_server, unknown_server, without_base
from llmd_routes.text.go_templates import filled
from llmd_routes.text.yaml_values import load
from llmd_routes.values import scalar

from .source import Found, Part

READS: tuple[ReadKind, ...] = (ReadKind(LLMD, ("v1alpha1",), "modelservices", "ModelService"),)
_ROLES = ("decode", "prefill")
_CONTAINERS = ("containers", "initContainers")
_GROWING = ("args", "env")
_HUB, _CLAIM = "hf://", "pvc://"
# Replaces an expression while YAML is read, because braces have a meaning in YAML.
_UNKNOWN = "__template__"


def read(objects: Objects, left: Sequence[Workload]) -> Found:
    """Return one part per ModelService resource, in input order."""
    return Found(tuple(_part(objects, obj) for obj in objects.of("ModelService", LLMD)))


def _part(objects: Objects, obj: Object) -> Part:
    ref = objects.ref(obj)
    roles = tuple(role for role in _ROLES if mapping(obj, "spec", role)) or ("decode",)
    look_up = objects.config_maps(ref.namespace)
    base_name = text(obj, "spec", "baseConfigMapRef", "name")
    base = look_up(base_name or "")
    templates = tuple(PodTemplate(ref, _labels(obj, role), derived=True) for role in roles)
    spec = _pod_spec(obj, roles[0], base or {})
    found = find_server(Pod(templates[0].labels, labels(obj, "metadata", "annotations"), spec, look_up, selected=True))
    read = found if isinstance(found, Server) else unknown_server(found)
    is_whole = base is not None or base_name is None
    server = _routed(read, obj) if is_whole else without_base(read, f"ConfigMap {base_name}")
    is_templated = any("{{" in value for value in (base or {}).values())
    fact = f"ConfigMap {base_name} contains Go templates"
    return Part(
        ref=ref,
        own_namespace=namespace_of(obj),
        server=server,
        templates=templates,
        owned_by=owner_label(labels(obj, "metadata", "labels"), labels(obj, "metadata", "annotations")),
        roles=roles,
        controller="the ModelService operator",
        managed_pool=f"{ref.name}-inference-pool",
        notices=(("template", fact, "check the facts on the rendered Deployments"),) if is_templated else (),
    )


def _labels(obj: Object, role: str) -> dict[str, str]:
    """Return the labels that the operator sets on the pods of one role."""
    return {MODEL: _safe(text(obj, "spec", "routing", "modelName") or ""), ROLE: role, SERVING[1]: "true"}


def _safe(name: str) -> str:
    """Return a model's name as the operator writes it in a label."""
    return re.sub(r"[^a-z0-9-]+", "-", name.strip().lower()).strip("-._")[:63]


def _values(obj: Object) -> dict[str, str]:
    """Return the operator's values for the expressions of a template."""
    name, uri = text(obj, "spec", "routing", "modelName") or "", text(obj, "spec", "modelArtifacts", "uri") or ""
    found = {".ModelName": name, ".SanitizedModelName": _safe(name), ".ModelServiceName": name_of(obj)}
    if uri.startswith(_HUB):
        found |= dict.fromkeys((".HFModelName", ".ModelPath"), uri.removeprefix(_HUB))
    elif uri.startswith(_CLAIM):
        found[".ModelPath"] = uri.removeprefix(_CLAIM).partition("/")[2]
    for port in items(obj, "spec", "routing", "ports"):
        number = scalar(port.get("port"))
        if number is not None:
            found |= dict.fromkeys((f'"{text(port, "name")}" | getPort', f'getPort "{text(port, "name")}"'), number)
    return found


def _pod_spec(obj: Object, role: str, base: Mapping[str, str]) -> dict[str, Any]:
    """Return the pod of a role: the base's, with the resource's containers added."""
    values = _values(obj)
    manifest = load(filled(base.get(f"{role}Deployment", ""), values, _UNKNOWN))
    below = _shown(mapping(manifest, "spec", "template", "spec"))
    own = filled(mapping(obj, "spec", role), values)
    return {**below, **{kind: _added(items(below, kind), items(own, kind)) for kind in _CONTAINERS}}


def _shown(value: Any) -> Any:
    """Return a value with unknown expressions restored as templates, so that readers recognize them as unknown."""
    if isinstance(value, str):
        return value.replace(_UNKNOWN, "{{ }}")
    if isinstance(value, Mapping):
        return {key: _shown(inner) for key, inner in value.items()}
    return [_shown(inner) for inner in value] if isinstance(value, list) else value


def _added(below: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return containers merged with those of the same name; arguments and variables are appended."""
    named = {text(container, "name"): container for container in own}
    merged: list[dict[str, Any]] = []
    for container in below:
        top = named.pop(text(container, "name"), {})
        both = {**container, **top}
        merged.append(both | {key: [*_list(container, key), *_list(top, key)] for key in _GROWING if key in both})
    return [*merged, *map(dict, named.values())]


def _list(container: Mapping[str, Any], key: str) -> list[Any]:
    found = container.get(key)
    return found if isinstance(found, list) else []


def _routed(server: Server, obj: Object) -> Server:
    """Use `spec.routing.modelName` as the served name if no argument sets one."""
    name = text(obj, "spec", "routing", "modelName")
    if not name or server.served.models or any("template" in remark for remark in server.remarks):
        return server
    served = Served((name,), server.served.dynamic, (f"spec.routing.modelName = {name}",))
    evidence = {**server.evidence, "models": served.evidence}
    remarks = tuple(remark for remark in server.remarks if remark[0] != "unreadable-model")
    return replace(server, served=served, evidence=evidence, remarks=remarks)
