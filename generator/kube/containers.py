"""Read what the containers of a pod declare: which of them stay, their variables, their ports. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .objects import items, port_number, text


def containers_of(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the containers that run as long as the pod: regular ones, then restartable init containers."""
    restarting = [c for c in items(spec, "initContainers") if text(c, "restartPolicy") == "Always"]
    return items(spec, "containers") + restarting


def env_of(container: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables with literal values; for duplicate names, the last one wins, as in the kubelet."""
    found: dict[str, str] = {}
    for entry in items(container, "env"):
        name = text(entry, "name")
        if name and "valueFrom" not in entry:
            found[name] = text(entry, "value") or ""
        elif name:
            found.pop(name, None)
    return found


def declared_ports(container: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return (name, number) of the container's ports, in order; unnamed ones have an empty name."""
    ports = ((text(p, "name") or "", port_number(p.get("containerPort"))) for p in items(container, "ports"))
    return [(name, number) for name, number in ports if number is not None]
