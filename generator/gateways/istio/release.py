"""Read the release of istio that runs a Gateway from the image tags of its pods, else of istiod. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable

from llmd_routes.gateways.releases import Running, running_releases, templates_of, versions_of
from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Ref
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.gateways import Version

# An image's last path component and tag, such as `1.28.5` or `1.29.0-distroless`. A digest or `latest` contains no
# version.
_PROXY = re.compile(r"(?:.*/)?proxyv2:v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?![\w.])")
_ISTIOD = re.compile(r"(?:.*/)?pilot:v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?![\w.])")


def istio_version(gateway: Ref, workloads: Iterable[Workload]) -> Version | None:
    """Return the oldest release among the pods of a Gateway, else among istiods; None if no image shows one."""
    listed = list(workloads)
    control = [template for workload in listed for template in workload.templates]
    own = versions_of(templates_of(gateway, listed), _PROXY)
    return min(own, default=None) or min(versions_of(control, _ISTIOD), default=None)


def istio_running(gateway: Ref, objects: Objects) -> Running:
    """Return the releases of the proxies of a Gateway, and those of the istiods in the input."""
    return running_releases(gateway, objects, _PROXY, _ISTIOD)
