"""Read the releases of a Gateway's proxies and of its control plane from the image tags of pods. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Object, Ref, items, labels, mapping, text
from llmd_routes.kube.workloads import Template, Workload
from llmd_routes.model.gateways import Version
from llmd_routes.names import GATEWAY_NAME


@dataclass(frozen=True, slots=True)
class Running:
    """The releases of the proxies of a Gateway by pod, and those of the control planes in the input."""

    proxies: Mapping[Ref, Version] = field(default_factory=dict)
    control_planes: tuple[Version, ...] = ()


def running_releases(gateway: Ref, objects: Objects, proxy: re.Pattern[str], control_plane: re.Pattern[str]) -> Running:
    """Return the oldest release in each pod of a Gateway, and the releases in Deployments; by patterns of images."""
    proxies = {}
    for pod in objects.of("Pod", ""):
        ref = objects.ref(pod)
        named = labels(pod, "metadata", "labels").get(GATEWAY_NAME)
        versions = list(_versions(mapping(pod, "spec"), proxy)) if named == gateway.name else []
        if versions and ref.namespace == gateway.namespace:
            proxies[ref] = min(versions)
    deployments = objects.of("Deployment", "apps")
    controls = {found for each in deployments for found in _versions(_pod_spec(each), control_plane)}
    return Running(proxies, tuple(sorted(controls)))


def _pod_spec(deployment: Object) -> Object:
    return mapping(deployment, "spec", "template", "spec")


def templates_of(gateway: Ref, workloads: Iterable[Workload]) -> Iterator[Template]:
    """Yield the pod templates of a Gateway's proxies, which carry its name."""
    for workload in workloads:
        for template in workload.templates:
            if workload.ref.namespace == gateway.namespace and template.labels.get(GATEWAY_NAME) == gateway.name:
                yield template


def versions_of(templates: Iterable[Template], image: re.Pattern[str]) -> Iterator[Version]:
    """Yield the version of each container whose image matches; the groups of the pattern are the parts of a version."""
    for template in templates:
        yield from _versions(template.spec, image)


def _versions(spec: Object, image: re.Pattern[str]) -> Iterator[Version]:
    for container in (*items(spec, "initContainers"), *items(spec, "containers")):
        if found := image.match(text(container, "image") or ""):
            yield Version(*(int(part or 0) for part in found.groups()))
