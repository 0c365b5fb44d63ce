"""Read the release of istio that runs a Gateway from the image tags of its pods, else of istiod. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.kube.workloads import Template, Workload
from llmd_routes.model.inventory import Version
from llmd_routes.names import GATEWAY_NAME

# An image's last path component and tag, such as `1.28.5` or `1.29.0-distroless`. A digest or `latest` contains no
# version.
_PROXY = re.compile(r"(?:.*/)?proxyv2:v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?![\w.])")
_ISTIOD = re.compile(r"(?:.*/)?pilot:v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?![\w.])")


def istio_version(gateway: Ref, workloads: Iterable[Workload]) -> Version | None:
    """Return the oldest release among the pods of a Gateway, else among istiods; None if no image shows one."""
    listed = list(workloads)
    own = [
        template
        for workload in listed
        for template in workload.templates
        if workload.ref.namespace == gateway.namespace and template.labels.get(GATEWAY_NAME) == gateway.name
    ]
    control = [template for workload in listed for template in workload.templates]
    return min(_versions(own, _PROXY), default=None) or min(_versions(control, _ISTIOD), default=None)


def _versions(templates: Iterable[Template], image: re.Pattern[str]) -> Iterator[Version]:
    for template in templates:
        for container in _containers(template.spec):
            if found := image.match(text(container, "image") or ""):
                yield Version(*(int(part or 0) for part in found.groups()))


def _containers(spec: Object) -> list[Object]:
    return [*items(spec, "initContainers"), *items(spec, "containers")]
