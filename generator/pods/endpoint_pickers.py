"""Recognise endpoint pickers (EPPs) by their arguments, image and labels. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmd_routes.kube.objects import items, text
from llmd_routes.kube.workloads import Workload
from llmd_routes.names import EPP_LABELS

from .arguments import arguments_of
from .images import repository_of

_EPP_IMAGE = re.compile(
    r"llm-d-inference-scheduler|llm-d-router-endpoint-picker|gateway-api-inference-extension/epp|(^|/)epp$"
)
_EPP_OPTIONS = ("pool-name", "poolName", "endpoint-selector")


def epp_container(
    spec: Mapping[str, Any], pod_labels: Mapping[str, str], epp_labels: tuple[str, ...]
) -> dict[str, Any] | None:
    """Return the endpoint picker (EPP) container of a pod, or None.

    EPPs of a development installation carry only `app: <name>`, so the arguments and the image also identify an EPP.
    """
    containers = items(spec, "containers")
    for container in containers:
        options = arguments_of(container)
        if any(options.has(option) for option in _EPP_OPTIONS):
            return container
        if _EPP_IMAGE.search(repository_of(text(container, "image") or "")):
            return container
    if containers and any(pod_labels.get(label, "").endswith("-epp") for label in epp_labels):
        return next((c for c in containers if text(c, "name") == "epp"), containers[0])
    return None


def is_epp(workload: Workload) -> bool:
    """Return whether a workload is an endpoint picker."""
    return any(epp_container(t.spec, t.labels, EPP_LABELS) is not None for t in workload.templates)
