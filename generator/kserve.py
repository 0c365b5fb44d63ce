"""Reads KServe's LLMInferenceServices: the resource is the service, its Deployments are parts. Pure, no I/O.

A resource without command of its own runs KServe's preset: vLLM on 8000 with TLS, served as `spec.model.name` and as
`publishers/<namespace>/models/<name>`. Source: pkg/controller/v1alpha2/llmisvc of https://github.com/kserve/kserve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .context import Context
from .engines import by_image
from .grouping import Part
from .inventory import Ignored, PodTemplate
from .names import APP_NAME, APP_PART_OF, KSERVE, KSERVE_COMPONENT, OWNED_BY, UNKNOWN_NAMESPACE
from .objects import Object, Ref, controller_of, items, kind_of, labels, mapping, name_of, namespace_of, text, texts
from .served import Served
from .servers import Pod, Server, explicit_engine, find_server
from .serving_ports import ServingPorts

KIND = "LLMInferenceService"
_PRESET = "KServe preset"
_PORT = 8000
# Kubernetes names end at 63 characters; KServe shortens longer ones by a hash of its own.
_POOL_SUFFIX = "-inference-pool"


def parts(context: Context) -> list[Part]:
    """Return one part per LLMInferenceService, in input order."""
    return [_part(context, obj) for obj in context.of(KIND, KSERVE)]


def ignored(context: Context) -> list[Ignored]:
    """Return KServe's presets: templates of services, no services."""
    return [
        Ignored(f"{kind_of(o)}/{name_of(o)}", "a preset of KServe")
        for o in context.of("LLMInferenceServiceConfig", KSERVE)
    ]


def children(context: Context) -> set[Ref]:
    """Return the workloads that an LLMInferenceService of the input makes and that carry no owner reference.

    Exported children carry the resource's name and `part-of: llminferenceservice`; the resource stands for them.
    """
    owners = {(context.namespaces.of(o), name_of(o)) for o in context.of(KIND, KSERVE)}
    found: set[Ref] = set()
    for obj in context.objects if owners else ():
        own = labels(obj, "metadata", "labels")
        owner = (context.namespaces.of(obj), own.get(APP_NAME, ""))
        if owner in owners and own.get(APP_PART_OF) == "llminferenceservice" and not controller_of(obj):
            found.add(ref_of(context, obj))
    return found


def ref_of(context: Context, obj: Object) -> Ref:
    """Return the reference of an object in its effective namespace."""
    return Ref(context.namespaces.of(obj), kind_of(obj), name_of(obj))


def _part(context: Context, obj: Object) -> Part:
    ref = ref_of(context, obj)
    merged = _merged(context, obj)
    spec = mapping(merged, "template")
    main = _main(spec)
    pod_labels = _pod_labels(obj)
    look_up = context.config_maps(ref.namespace)
    pod = Pod(pod_labels, labels(obj, "metadata", "annotations"), spec, look_up, selected=True)
    own = find_server(pod) if texts(main, "command") else None
    server = own if isinstance(own, Server) else _preset(context, obj, pod, main)
    if isinstance(own, Server):
        server = _named_by_resource(own, merged)
    owner = labels(obj, "metadata", "labels") | labels(obj, "metadata", "annotations")
    return Part(
        ref=ref,
        own_namespace=namespace_of(obj),
        server=server,
        templates=(PodTemplate(ref, pod_labels, derived=True),),
        owned_by=(owner[OWNED_BY], f"{OWNED_BY} = {owner[OWNED_BY]}") if OWNED_BY in owner else None,
        roles=("decode", "prefill") if mapping(merged, "prefill") else ("both",),
        controller="KServe",
        managed_pool=_pool(merged, name_of(obj)),
    )


def _merged(context: Context, obj: Object) -> dict[str, Any]:
    """Return the resource's spec over those of its `baseRefs` that are in the input (later ones win)."""
    found: dict[str, Any] = {}
    for reference in items(obj, "spec", "baseRefs"):
        for config in context.of("LLMInferenceServiceConfig", KSERVE):
            if name_of(config) == text(reference, "name"):
                found = _over(found, mapping(config, "spec"))
    return _over(found, mapping(obj, "spec"))


def _over(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another; lists of named items (containers) merge by name, other lists are replaced."""
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = _over(below, value)
        elif (
            isinstance(value, list) and isinstance(below, list) and all(text(item, "name") for item in (*value, *below))
        ):
            names = {text(item, "name"): item for item in below}
            merged[key] = [_over(names.get(text(i, "name")) or {}, i) for i in value]
            merged[key] += [item for item in below if text(item, "name") not in {text(i, "name") for i in value}]
        elif value is not None:
            merged[key] = value
    return merged


def _main(spec: Mapping[str, Any]) -> dict[str, Any]:
    containers = items(spec, "containers")
    return next((c for c in containers if text(c, "name") == "main"), containers[0] if containers else {})


def _pod_labels(obj: Object) -> dict[str, str]:
    """Return the labels that KServe puts on serving pods; `spec.labels` come on top and may join another pool."""
    return {
        APP_NAME: name_of(obj),
        APP_PART_OF: "llminferenceservice",
        KSERVE_COMPONENT: "workload",
        **labels(obj, "spec", "labels"),
    }


def _names(merged: Mapping[str, Any], fallback: str) -> tuple[str, tuple[str, ...]]:
    adapters = tuple(a for item in items(merged, "model", "lora", "adapters") if (a := text(item, "name")))
    return text(merged, "model", "name") or fallback, adapters


def _preset(context: Context, obj: Object, pod: Pod, main: Mapping[str, Any]) -> Server:
    """Return the facts of KServe's preset, with what the resource changes of it."""
    merged = _merged(context, obj)
    name, adapters = _names(merged, name_of(obj))
    namespace = context.namespaces.certain(obj) or UNKNOWN_NAMESPACE
    # A base of the user's own may replace the command, and with it the second served name.
    published = () if items(obj, "spec", "baseRefs") else (f"publishers/{namespace}/models/{name}",)
    models = tuple(dict.fromkeys((name, *published, *adapters)))
    image = text(main, "image") or ""
    told = explicit_engine(pod)
    engine = told[0] if told else "vllm"
    evidence = (told[1],) if told else ((f"container main image = {image}", _PRESET) if by_image(image) else (_PRESET,))
    problems = (
        (("template", f"a served name is a template: {name}", "render it, then read it again"),) if "{{" in name else ()
    )
    served = Served(tuple(m for m in models if "{{" not in m), (), (f"spec.model.name = {name}", _PRESET), problems)
    ports = ServingPorts((_PORT,), "https", (_PRESET,), (_PRESET,), ())
    facts = {"engine": evidence, "models": served.evidence, "ports": (_PRESET,), "scheme": (_PRESET,)}
    return Server(engine, False, served, ports, False, problems, facts)


def _named_by_resource(server: Server, merged: Mapping[str, Any]) -> Server:
    """Add the adapters of the resource to a server with a command of its own; its names come from that command."""
    _, adapters = _names(merged, "")
    models = tuple(dict.fromkeys((*server.served.models, *adapters))) if server.served.models else ()
    return replace(server, served=replace(server.served, models=models))


def _pool(merged: Mapping[str, Any], name: str) -> str | None:
    """Return the pool that KServe keeps for a resource: a referenced one, its own, or none without a scheduler."""
    scheduler = merged.get("router", {}).get("scheduler") if isinstance(merged.get("router"), Mapping) else None
    if not isinstance(scheduler, Mapping):
        return None
    return text(scheduler, "pool", "ref", "name") or f"{name}{_POOL_SUFFIX}"
