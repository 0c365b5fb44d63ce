"""Read KServe's LLMInferenceServices: the resource is the service, its Deployments are parts. Pure, no I/O.

A resource without command of its own runs KServe's preset: vLLM on 8000 with TLS, served as `spec.model.name` and as
`publishers/<namespace>/models/<name>`. Source: pkg/controller/v1alpha2/llmisvc of https://github.com/kserve/kserve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from llmd_routes.kube.containers import env_of
from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import (
    Object,
    Ref,
    controller_of,
    items,
    kind_of,
    labels,
    mapping,
    name_of,
    namespace_of,
    port_number,
    text,
    texts,
)
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.inventory import Ignored, PodTemplate
from llmd_routes.names import APP_NAME, APP_PART_OF, KSERVE, KSERVE_COMPONENT, UNKNOWN_NAMESPACE
from llmd_routes.notices import Remark
from llmd_routes.pods.arguments import lora_names, parse
from llmd_routes.pods.commands import Pod, explicit_engine, owner_label
from llmd_routes.pods.engines import by_image
from llmd_routes.pods.engines.vllm import VLLM
from llmd_routes.pods.model_names import Served
from llmd_routes.pods.ports import ServingPorts
from llmd_routes.pods.servers import Server, find_server, unknown_server, without_base
from llmd_routes.text.go_templates import filled
from llmd_routes.text.shell import unresolved

from .kserve_config import CONFIG, Merged, merged
from .source import Found, Part

KIND = "LLMInferenceService"
ROUTE_FIELD = "spec.router.route"
READS: tuple[ReadKind, ...] = (
    ReadKind(KSERVE, ("v1alpha2", "v1alpha1"), "llminferenceservices", KIND),
    # Presets are in KServe's namespace, and Gateways are often in a separate one.
    ReadKind(KSERVE, ("v1alpha2", "v1alpha1"), "llminferenceserviceconfigs", CONFIG, required=False, everywhere=True),
)
_PRESET = "KServe preset"
# The variable that adds arguments to the commands of KServe's presets.
_MORE = "VLLM_ADDITIONAL_ARGS"
_PORT = 8000
# Kubernetes names have at most 63 characters; KServe shortens longer names with a hash.
_POOL_SUFFIX = "-inference-pool"


def read(objects: Objects, left: Sequence[Workload]) -> Found:
    """Return one part per LLMInferenceService, in input order; presets are templates, not services."""
    presets = [
        Ignored(f"{kind_of(obj)}/{name_of(obj)}", "a preset of KServe", expected=True)
        for obj in objects.of(CONFIG, KSERVE)
    ]
    parts = tuple(_part(objects, obj) for obj in objects.of(KIND, KSERVE))
    return Found(parts, frozenset(_children(objects)), tuple(presets))


def _children(objects: Objects) -> set[Ref]:
    """Return the workloads that an LLMInferenceService of the input creates and that have no owner reference.

    Exported children have the resource's name and `part-of: llminferenceservice`; the resource represents them.
    """
    owners = {(objects.namespaces.of(obj), name_of(obj)) for obj in objects.of(KIND, KSERVE)}
    found: set[Ref] = set()
    for obj in objects.objects if owners else ():
        own = labels(obj, "metadata", "labels")
        owner = (objects.namespaces.of(obj), own.get(APP_NAME, ""))
        if owner in owners and own.get(APP_PART_OF) == "llminferenceservice" and not controller_of(obj):
            found.add(objects.ref(obj))
    return found


def _part(objects: Objects, obj: Object) -> Part:
    ref = objects.ref(obj)
    made = merged(objects, obj)
    main = _main(mapping(made.spec, "template"))
    spec = {**mapping(made.spec, "template"), "containers": [filled(main, _values(objects, obj, made.spec))]}
    look_up = objects.config_maps(ref.namespace)
    pod = Pod(_pod_labels(obj, made.spec), labels(obj, "metadata", "annotations"), spec, look_up, selected=True)
    server = _own(pod, made) if texts(main, "command") else _preset(objects, obj, pod, made)
    if made.absent:
        server = without_base(server, f"{CONFIG} {made.absent}")
    return Part(
        ref=ref,
        own_namespace=namespace_of(obj),
        server=server,
        templates=(PodTemplate(ref, pod.labels, derived=True),),
        owned_by=owner_label(pod.labels, labels(obj, "metadata", "labels"), pod.annotations),
        roles=("decode", "prefill") if isinstance(made.spec.get("prefill"), Mapping) else ("both",),
        controller="KServe",
        managed_pool=_pool(made.spec, name_of(obj)),
        joins=f"{pod.labels[APP_NAME]}{_POOL_SUFFIX}" if pod.labels[APP_NAME] != name_of(obj) else None,
        notices=_templated(_main(mapping(made.own, "template"))),
    )


def _values(objects: Objects, obj: Object, spec: Mapping[str, Any]) -> dict[str, str]:
    """Return KServe's values for the expressions of a template, by expression."""
    found = {".Spec.Model.Name": text(spec, "model", "name") or name_of(obj), ".ObjectMeta.Name": name_of(obj)}
    return found | {".ObjectMeta.Namespace": objects.namespaces.certain(obj) or UNKNOWN_NAMESPACE}


def _templated(main: Mapping[str, Any]) -> tuple[Remark, ...]:
    words = [*texts(main, "command"), *texts(main, "args"), *env_of(main).values()]
    if not any("{{" in word for word in words):
        return ()
    fact = "its command contains Go templates; llmd-routes knows only names and the namespace"
    return (("template", fact, "check the facts on the Deployment that KServe creates"),)


def _main(spec: Mapping[str, Any]) -> dict[str, Any]:
    containers = items(spec, "containers")
    return next((c for c in containers if text(c, "name") == "main"), containers[0] if containers else {})


def _pod_labels(obj: Object, spec: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels that KServe sets on serving pods, plus `spec.labels`, which may join another pool."""
    return {
        APP_NAME: name_of(obj),
        APP_PART_OF: "llminferenceservice",
        KSERVE_COMPONENT: "workload",
        **labels(spec, "labels"),
    }


def _adapters(spec: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for item in items(spec, "model", "lora", "adapters") if (name := text(item, "name")))


def _own(pod: Pod, made: Merged) -> Server:
    """Return the facts of the resource's own command, with the adapters that KServe adds."""
    found = find_server(pod)
    if not isinstance(found, Server):
        return unknown_server(found)
    models = tuple(dict.fromkeys((*found.served.models, *_adapters(made.spec)))) if found.served.models else ()
    evidence = dict(found.evidence)
    if made.preset and not texts(_main(mapping(made.own, "template")), "command"):
        evidence["engine"] = (*evidence["engine"], f"{_PRESET} {made.preset}")
    return replace(found, served=replace(found.served, models=models), evidence=evidence)


def _preset(objects: Objects, obj: Object, pod: Pod, made: Merged) -> Server:
    """Return the facts of KServe's preset with the resource's changes; its arguments come last, and win."""
    main = _main(pod.spec)
    values = _values(objects, obj, made.spec)
    name, namespace = values[".Spec.Model.Name"], values[".ObjectMeta.Namespace"]
    words = env_of(main).get(_MORE, "").split() + texts(main, "args")
    arguments = parse(words, VLLM.grammar)
    option = [value for value in (arguments.options.get("served-model-name") or ((),))[-1] if value]
    names = option or [name, f"publishers/{namespace}/models/{name}"]
    told_by = f"option --served-model-name = {' '.join(option)}" if option else f"spec.model.name = {name}"
    adapters = (*_adapters(made.spec), *lora_names(arguments.all("lora-modules")))
    models = tuple(dict.fromkeys(model for model in (*names, *adapters) if not unresolved(model)))
    hidden = [model for model in names if unresolved(model)]
    fact = f"a served name is a template: {hidden[0]}" if hidden else ""
    remarks: tuple[Remark, ...] = (("template", fact, "render the template, then read the result"),) if hidden else ()
    image = text(main, "image") or ""
    told, row = explicit_engine(pod), by_image(image)
    engine = told[0] if told else VLLM.name
    evidence = (told[1],) if told else ((f"container main image = {image}", _PRESET) if row else (_PRESET,))
    port = port_number(arguments.last("port")) or _PORT
    ports = ServingPorts((port,), "https" if made.tls else "http", (_PRESET,), (_PRESET,), ())
    served = Served(models, (), (told_by, _PRESET), remarks)
    facts = {"engine": evidence, "models": served.evidence, "ports": (_PRESET,), "scheme": (_PRESET,)}
    return Server(engine, False, served, ports, False, remarks, facts)


def _pool(spec: Mapping[str, Any], name: str) -> str | None:
    """Return the pool that KServe maintains for a resource: a referenced one, its own, or none without a scheduler."""
    scheduler = spec.get("router", {}).get("scheduler") if isinstance(spec.get("router"), Mapping) else None
    if not isinstance(scheduler, Mapping):
        return None
    return text(scheduler, "pool", "ref", "name") or f"{name}{_POOL_SUFFIX}"
