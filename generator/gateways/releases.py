"""Read the release that runs a Gateway from the image tags of its pods. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from llmd_routes.kube.objects import Ref, items, text
from llmd_routes.kube.workloads import Template, Workload
from llmd_routes.model.gateways import Version
from llmd_routes.names import GATEWAY_NAME


def templates_of(gateway: Ref, workloads: Iterable[Workload]) -> Iterator[Template]:
    """Yield the pod templates of a Gateway's proxies, which carry its name."""
    for workload in workloads:
        for template in workload.templates:
            if workload.ref.namespace == gateway.namespace and template.labels.get(GATEWAY_NAME) == gateway.name:
                yield template


def versions_of(templates: Iterable[Template], image: re.Pattern[str]) -> Iterator[Version]:
    """Yield the version of each container whose image matches; the groups of the pattern are the parts of a version."""
    for template in templates:
        for container in (*items(template.spec, "initContainers"), *items(template.spec, "containers")):
            if found := image.match(text(container, "image") or ""):
                yield Version(*(int(part or 0) for part in found.groups()))
