"""Containers beside the engine: which to look past, and what the routing sidecar changes. Pure, no I/O.

The routing sidecar of llm-d (prefill/decode disaggregation) listens on the port that clients use and forwards to the
engine: the chart renders it as an init container with `restartPolicy: Always`, sometimes without an image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .arguments import GO, Arguments, parse
from .engines import repository_of, tag_of
from .objects import integer, items, port_number, text, texts
from .shell import commands

ROUTING_NAMES = frozenset(("routing-proxy", "routing-sidecar", "llm-d-routing-sidecar"))
ROUTING_IMAGES = re.compile(r"llm-d-routing-sidecar|llm-d-router-disagg-sidecar|llm-d-router-sidecar")
ROUTING_PORT = 8000
_SECURE_SINCE = (0, 2)

# Containers that are part of a serving pod and no server.
_SKIPPED_NAMES = frozenset(
    (
        "istio-proxy",
        "istio-init",
        "linkerd-proxy",
        "envoy",
        "envoy-proxy",
        "vllm-render",
        "requester",
        "storage-initializer",
        "epp",
        "lora-adapter-syncer",
        "tokenizer",
        "uds-tokenizer",
        "tokenizer-uds",
    )
)
_SKIPPED_IMAGES = re.compile(
    r"istio/proxyv2|envoyproxy/envoy|lora-syncer|lora-adapter-syncer|dynamic-lora|storage-initializer|uds-tokenizer"
    r"|fast-model-actuation/|/requester(?=[:@]|$)|cloud-sdk|curlimages/|busybox|alpine/git"
)
_SYNCER = re.compile(r"lora-syncer|lora-adapter-syncer|dynamic-lora")
_EPP_IMAGE = re.compile(
    r"llm-d-inference-scheduler|llm-d-router-endpoint-picker|gateway-api-inference-extension/epp|(^|/)epp$"
)
_EPP_OPTIONS = ("pool-name", "poolName", "endpoint-selector")


@dataclass(frozen=True, slots=True)
class RoutingSidecar:
    """What the routing sidecar's arguments say; `engine_port` is None unless it is written out.

    `hidden` is an option that decides its ports and whose value is not known.
    """

    container: str
    port: int
    engine_port: int | None
    ranks: int
    tls: bool
    hidden: str | None


def containers_of(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the containers that run as long as the pod: the ordinary ones, then init containers that restart."""
    restarting = [c for c in items(spec, "initContainers") if text(c, "restartPolicy") == "Always"]
    return items(spec, "containers") + restarting


def is_routing(container: Mapping[str, Any]) -> bool:
    """Return whether a container is llm-d's routing sidecar."""
    image = text(container, "image") or ""
    return text(container, "name") in ROUTING_NAMES or bool(ROUTING_IMAGES.search(image))


def is_syncer(container: Mapping[str, Any]) -> bool:
    """Return whether a container loads LoRA adapters into the engine at run time."""
    return text(container, "name") == "lora-adapter-syncer" or bool(_SYNCER.search(text(container, "image") or ""))


def is_skipped(container: Mapping[str, Any]) -> bool:
    """Return whether a container can be no model server, whatever its arguments hold."""
    image = text(container, "image") or ""
    return is_routing(container) or text(container, "name") in _SKIPPED_NAMES or bool(_SKIPPED_IMAGES.search(image))


def env_of(container: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables whose values are written out; of repeated names the last counts, as in the kubelet."""
    found: dict[str, str] = {}
    for entry in items(container, "env"):
        name = text(entry, "name")
        if name and "valueFrom" not in entry:
            found[name] = text(entry, "value") or ""
        elif name:
            found.pop(name, None)
    return found


def arguments_of(container: Mapping[str, Any]) -> Arguments:
    """Return a Go program's options, from `command` and `args` together."""
    words = [w for argv in _argvs(container) for w in argv]
    return parse(words, GO)


def _argvs(container: Mapping[str, Any]) -> list[list[str]]:
    return commands(texts(container, "command") + texts(container, "args"), env_of(container))


def routing_sidecar(spec: Mapping[str, Any]) -> RoutingSidecar | None:
    """Return the routing sidecar of a pod, or None. TLS is its default since v0.2.0: `--secure-proxy=false` ends it.

    A release that is not told is taken to be a newer one.
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
    release = re.match(r"v?(\d+)\.(\d+)\.\d+", tag_of(text(sidecar, "image") or ""))
    return "false" if release and (int(release[1]), int(release[2])) < _SECURE_SINCE else "true"


def epp_container(
    spec: Mapping[str, Any], pod_labels: Mapping[str, str], epp_labels: tuple[str, ...]
) -> dict[str, Any] | None:
    """Return the container of a pod that is an endpoint picker (EPP), or None when the pod is none.

    Development EPPs carry only `app: <name>`, so the arguments and the image tell as well as the labels.
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


def declared_ports(container: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return (name, number) of the container's ports, in order; unnamed ones have an empty name."""
    ports = ((text(p, "name") or "", port_number(p.get("containerPort"))) for p in items(container, "ports"))
    return [(name, number) for name, number in ports if number is not None]
