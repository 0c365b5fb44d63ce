"""Read workloads that run a server themselves: Deployments, StatefulSets, LeaderWorkerSets, Pods. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.workloads import Template, Workload
from llmd_routes.model.inventory import Ignored, PodTemplate
from llmd_routes.names import GATEWAY_NAME, INSTANCE, PROXY_LABEL
from llmd_routes.pods.commands import Pod, owner_label
from llmd_routes.pods.endpoint_pickers import is_epp
from llmd_routes.pods.payload_processors import processor_container
from llmd_routes.pods.servers import Server, find_server

from .source import Found, Part, hint_of, pods_of, pods_of_template, roles_of

# Kinds that every cluster serves: kube.kinds.COMMON.
READS: tuple[ReadKind, ...] = ()
_PROXY = "a gateway's proxy"
_ROUTER_PROXY = "the proxy of a stand-alone router"
_PICKER = "an endpoint picker (EPP)"
_PROCESSOR = "a payload processor, which reads bodies for a gateway"


def read(objects: Objects, left: Sequence[Workload]) -> Found:
    """Classify every workload that no other source has claimed."""
    parts: list[Part] = []
    ignored: list[Ignored] = []
    pods: list[PodTemplate] = []
    for workload in left:
        judged = _part(objects, workload)
        if isinstance(judged, Part):
            parts.append(judged)
            continue
        pods += pods_of(workload)
        if judged is not None:
            name = f"{workload.ref.kind}/{workload.ref.name}"
            ignored.append(Ignored(name, judged, expected=judged in (_PROXY, _ROUTER_PROXY, _PICKER, _PROCESSOR)))
    return Found(tuple(parts), frozenset(workload.ref for workload in left), tuple(ignored), tuple(pods))


def _part(objects: Objects, workload: Workload) -> Part | str | None:
    """Return what a workload serves, why a likely one does not, or None for all others and for emitted ones."""
    if any(GATEWAY_NAME in t.labels for t in workload.templates):
        return _PROXY
    if any(PROXY_LABEL in t.labels for t in workload.templates):
        return _ROUTER_PROXY
    if is_epp(workload):
        return _PICKER
    if any(processor_container(t.spec) is not None for t in workload.templates):
        return _PROCESSOR
    if INSTANCE in workload.labels:
        return None
    serving: list[tuple[Template, Server]] = []
    reasons: list[str] = []
    look_up = objects.config_maps(workload.ref.namespace)
    for template in workload.templates:
        taken = objects.taken_by_pool(template.labels, workload.ref.namespace)
        found = find_server(Pod(template.labels, template.annotations, template.spec, look_up, taken))
        if isinstance(found, Server):
            serving.append((template, found))
        elif found:
            reasons.append(found)
    if serving:
        return workload.never or _serving_part(workload, serving)
    return reasons[0] if reasons else None


def _serving_part(workload: Workload, serving: Sequence[tuple[Template, Server]]) -> Part:
    template, server = serving[0]
    if server.first_only and len(serving) > 1:
        serving = serving[:1]
    told = [one for one, _ in serving]
    hidden = [one for one in workload.templates if all(one is not other for other in told)]
    # If one template creates several pods, only the first serves.
    is_first = server.first_only and not hidden and len(template.places) > 1
    # If other pods carry all labels of the serving pods, only their position distinguishes them.
    by_place = is_first or any(template.labels.items() <= one.labels.items() for one in hidden)
    pods = [pod for one in told for pod in pods_of_template(workload, one, by_place)]
    served = pods[:1] if is_first else pods
    return Part(
        ref=workload.ref,
        own_namespace=workload.own_namespace,
        server=server,
        templates=tuple(served),
        owned_by=owner_label(template.labels, template.annotations, workload.labels, workload.annotations),
        release=workload.release,
        roles=roles_of(workload.ref.name, template.labels, server.role),
        hint=hint_of(workload.ref.name, server.transfer),
        others=(*pods[len(served) :], *(pod for one in hidden for pod in pods_of_template(workload, one))),
    )
