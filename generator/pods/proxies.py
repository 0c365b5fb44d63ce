"""Recognize the proxy of a stand-alone router: the Envoy or agentgateway that calls an endpoint picker. Pure, no I/O.

Source: the charts llm-d-router-standalone and routerlib of https://github.com/llm-d/llm-d-router. With the value
`router.proxy.mode: sidecar` the proxy is a container of the endpoint picker's pod, with `service` it has a Deployment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from llmd_routes.kube.containers import declared_ports
from llmd_routes.kube.objects import items, text
from llmd_routes.kube.services import reached_ports

from .images import repository_of

_IMAGE: Final = re.compile(r"(^|/)(envoy|agentgateway)$")
# Ports for probes and metrics.
_INTERNAL: Final = re.compile(r"metrics|readiness|admin")
# The port of the charts' proxies.
_PORT: Final = 8081


def proxy_container(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the first container of a pod that runs Envoy or agentgateway, or None."""
    containers = items(spec, "containers")
    return next((c for c in containers if _IMAGE.search(repository_of(text(c, "image") or ""))), None)


def client_port(service: Mapping[str, Any], container: Mapping[str, Any]) -> int | None:
    """Return the first port of a Service that reaches the proxy's port for clients, or None.

    A proxy that declares no ports is assumed to listen on the port of the charts.
    """
    declared = declared_ports(container)
    listening = {number for name, number in declared if not _INTERNAL.search(name)} if declared else {_PORT}
    return next((number for number, reached, _ in reached_ports(service, [container]) if reached in listening), None)
