"""Read what llm-d's routing sidecar changes for the pod that it is in. Pure, no I/O.

The routing sidecar of llm-d (prefill/decode disaggregation) listens on the port that clients use and forwards to the
engine: the chart renders it as an init container with `restartPolicy: Always`, sometimes without an image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmd_routes.kube.objects import integer, items, port_number, text

from .arguments import arguments_of
from .images import tag_of

ROUTING_NAMES = frozenset(("routing-proxy", "routing-sidecar", "llm-d-routing-sidecar"))
ROUTING_IMAGES = re.compile(r"llm-d-routing-sidecar|llm-d-router-disagg-sidecar|llm-d-router-sidecar")
ROUTING_PORT = 8000
_SECURE_SINCE = (0, 2)


@dataclass(frozen=True, slots=True)
class RoutingSidecar:
    """The arguments of a routing sidecar; `engine_port` is None if it is not set.

    `hidden` is an option that determines its ports and whose value is unknown.
    """

    container: str
    port: int
    engine_port: int | None
    ranks: int
    tls: bool
    hidden: str | None


def is_routing(container: Mapping[str, Any]) -> bool:
    """Return whether a container is llm-d's routing sidecar."""
    image = text(container, "image") or ""
    return text(container, "name") in ROUTING_NAMES or bool(ROUTING_IMAGES.search(image))


def routing_sidecar(spec: Mapping[str, Any]) -> RoutingSidecar | None:
    """Return the routing sidecar of a pod, or None.

    TLS is its default since v0.2.0 and disabled with `--secure-proxy=false`. An unknown release is assumed to be a
    newer one.
    """
    found = next((c for c in items(spec, "initContainers") + items(spec, "containers") if is_routing(c)), None)
    if found is None:
        return None
    options = arguments_of(found)
    return RoutingSidecar(
        container=text(found, "name") or "routing-proxy",
        port=port_number(options.last("port")) or ROUTING_PORT,
        engine_port=port_number(options.last("model-server-port", "vllm-port")),
        ranks=integer(options.last("data-parallel-size")) or 1,
        tls=(options.last("secure-proxy") or _secure(found)).lower() not in ("false", "0", "f"),
        hidden=options.hidden("port", "data-parallel-size"),
    )


def _secure(sidecar: Mapping[str, Any]) -> str:
    release = re.match(r"v?(\d{1,9})\.(\d{1,9})\.\d+", tag_of(text(sidecar, "image") or ""))
    return "false" if release and (int(release[1]), int(release[2])) < _SECURE_SINCE else "true"
