"""Turn objects that carry pod templates into workloads, whatever their kind and owner. Pure, no I/O.

In: plain objects. Out: one `Workload` per top owner (a Pod of a ReplicaSet of a Deployment belongs to the Deployment,
present or not), each with the pods it makes. Jobs and DaemonSets are only `others`: their pods matter to selectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from llmd_routes.names import APP_INSTANCE, HELM_RELEASE, LWS, LWS_NAME, LWS_WORKER_INDEX, POD_INDEX

from .objects import (
    Object,
    Ref,
    controller_of,
    dig,
    group_of,
    integer,
    kind_of,
    labels,
    mapping,
    name_of,
    namespace_of,
    text,
)

# Labels that a controller sets on each pod individually. They distinguish pods of one workload, never workloads.
_RUN_TIME = (
    "pod-template-hash",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
    POD_INDEX,
    "leaderworkerset.sigs.k8s.io/",
    "batch.kubernetes.io/",
    "controller-uid",
    "job-name",
)
_TEMPLATE_PATHS: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_NEVER_SERVE = {
    "Job": "a Job ends",
    "CronJob": "pods of a CronJob terminate",
    "DaemonSet": "an InferencePool does not serve pods of a DaemonSet",
}
_FIRST, _OTHERS, _ALL = ("0",), ("1",), ("0", "1")
_GROUPS = ("", "apps", "batch", LWS)


@dataclass(frozen=True, slots=True)
class Template:
    """Pods that a workload creates: `labels` as they will be on the pod; `derived` if a controller adds some.

    Pods of a group (LeaderWorkerSet, StatefulSet) have their position in the label `index`: `places` are the positions
    that this template creates, "1" for all but the first. `path` is the template's path in the object; () for a Pod.
    `identity` are the labels by which the workload finds its own pods.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    derived: bool = False
    index: str | None = None
    places: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    identity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workload:
    """A top-level owner of pods.

    `never` is why it cannot be a model server, if its kind implies that. `own_object` is whether the owner itself was
    read, and not only an object that it created. `is_stopped` is whether it requests no pods.
    """

    ref: Ref
    own_namespace: str | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    templates: tuple[Template, ...]
    never: str | None = None
    own_object: bool = True
    is_stopped: bool = False

    @property
    def release(self) -> str | None:
        """Return the Helm release (or other instance) of the workload, if its metadata shows it."""
        return self.annotations.get(HELM_RELEASE) or self.labels.get(APP_INSTANCE)


Namespaces = Callable[[Object], str]


def find_workloads(objects: Iterable[Object], namespace: Namespaces) -> list[Workload]:
    """Return the workloads by top-level owner, sorted by reference.

    `namespace` returns an object's effective namespace. An object whose controller is in the input is part of that
    controller's workload. Of several objects with the same missing owner, the one with the most replicas represents
    all.
    """
    listed = list(objects)
    present = {(kind_of(o), namespace(o), name_of(o)) for o in listed}
    found: dict[Ref, tuple[int, Workload]] = {}
    for obj in listed:
        if group_of(obj) not in _GROUPS or not (
            kind_of(obj) in _TEMPLATE_PATHS or kind_of(obj) in ("Pod", "LeaderWorkerSet")
        ):
            continue
        owner = controller_of(obj)
        if owner and (text(owner, "kind"), namespace(obj), text(owner, "name")) in present:
            continue
        if kind_of(obj) == "Pod" and text(obj, "status", "phase") in ("Succeeded", "Failed"):
            continue
        workload = _workload(obj, namespace(obj), owner)
        size = integer(dig(obj, "spec", "replicas")) or 0
        if workload.ref not in found or found[workload.ref][0] < size:
            found[workload.ref] = (size, workload)
    return [workload for _, (_, workload) in sorted(found.items())]


def _workload(obj: Object, namespace: str, owner: Mapping[str, Any] | None) -> Workload:
    ref = _top(obj, namespace, owner)
    return Workload(
        ref=ref,
        own_namespace=namespace_of(obj),
        labels=labels(obj, "metadata", "labels"),
        annotations=labels(obj, "metadata", "annotations"),
        templates=tuple(_identified(template, obj, ref) for template in _templates(obj)),
        never=_NEVER_SERVE.get(ref.kind),
        own_object=owner is None,
        is_stopped=owner is None and integer(dig(obj, "spec", "replicas")) == 0,
    )


def _identified(template: Template, obj: Object, ref: Ref) -> Template:
    """Return a template with the labels by which its workload finds the pods; a LeaderWorkerSet adds one.

    Spec: https://lws.sigs.k8s.io/docs/reference/labels-annotations-and-environment-variables/
    """
    if ref.kind == "LeaderWorkerSet":
        name = {LWS_NAME: ref.name}
        return replace(template, labels={**template.labels, **name}, identity=name)
    selector = labels(obj, "spec", "selector", "matchLabels").items()
    return replace(template, identity=dict(pair for pair in selector if pair in template.labels.items()))


def _top(obj: Object, namespace: str, owner: Mapping[str, Any] | None) -> Ref:
    """Return the top-level owner of an object whose owner is not in the input, derived from names."""
    kind, name = kind_of(obj), name_of(obj)
    if owner:
        kind, name = text(owner, "kind") or kind, text(owner, "name") or name
        template_hash = text(obj, "metadata", "labels", "pod-template-hash")
        if kind == "ReplicaSet" and template_hash and name.endswith(f"-{template_hash}"):
            return Ref(namespace, "Deployment", name.removesuffix(f"-{template_hash}"))
        set_name = text(obj, "metadata", "labels", "leaderworkerset.sigs.k8s.io/name")
        if set_name:
            return Ref(namespace, "LeaderWorkerSet", set_name)
    return Ref(namespace, kind, name)


def _templates(obj: Object) -> tuple[Template, ...]:
    kind = kind_of(obj)
    if kind == "Pod":
        return (_template(obj),)
    if kind == "LeaderWorkerSet":
        return _group_templates(obj)
    template = _template(obj, *_TEMPLATE_PATHS[kind])
    several = (integer(dig(obj, "spec", "replicas")) or 1) > 1
    places = _ALL if several else _FIRST
    return (replace(template, index=POD_INDEX, places=places) if kind == "StatefulSet" else template,)


def _group_templates(obj: Object) -> tuple[Template, ...]:
    """Return leader and worker templates; without a leader template, the worker's is used for both.

    Spec: LeaderWorkerTemplate, https://lws.sigs.k8s.io/docs/reference/leaderworkerset.v1/
    """
    group = ("spec", "leaderWorkerTemplate")
    worker = _template(obj, *group, "workerTemplate")
    several = (integer(dig(obj, *group, "size")) or 1) > 1
    if mapping(obj, *group, "leaderTemplate"):
        leader = _template(obj, *group, "leaderTemplate")
        leader = replace(leader, index=LWS_WORKER_INDEX, places=_FIRST)
        worker = replace(worker, index=LWS_WORKER_INDEX, places=_OTHERS)
        return (leader, worker) if several else (leader,)
    return (replace(worker, index=LWS_WORKER_INDEX, places=_ALL if several else _FIRST),)


def _template(obj: Object, *path: str) -> Template:
    found = labels(obj, *path, "metadata", "labels")
    return Template(
        labels={key: value for key, value in found.items() if not key.startswith(_RUN_TIME)},
        annotations=labels(obj, *path, "metadata", "annotations"),
        spec=mapping(obj, *path, "spec"),
        path=path,
    )
