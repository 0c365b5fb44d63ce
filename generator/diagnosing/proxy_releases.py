"""Find proxies of Gateways that are older than their control plane. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.model.findings import Finding
from llmd_routes.names import GATEWAY_NAME


def judge_proxies(door: Door, around: Surroundings) -> Iterator[Finding]:
    """Yield a finding if a proxy of a Gateway has an earlier minor release than every control plane."""
    running = door.implementation.running(door.ref, around.objects)
    oldest = min(running.proxies.values(), default=None)
    control = min(running.control_planes, default=None)
    if oldest is None or control is None or oldest[:2] >= control[:2]:
        return
    pods = sorted(pod for pod, version in running.proxies.items() if version[:2] < control[:2])
    yield Finding(
        "warning",
        "old-proxy",
        str(door.ref),
        f"spec.containers[].image of {', '.join(map(str, pods))}",
        f"its proxy has release {oldest}, and the control plane {control}",
        "the proxy may ignore a part of its configuration, such as endpoint pickers",
        _fix(door, around),
    )


def _fix(door: Door, around: Surroundings) -> str:
    """Return how pods get the release of the control plane, which sets images when pods are created."""
    namespace = door.ref.namespace
    for ref in around.creators_of(namespace, {GATEWAY_NAME: door.ref.name}):
        if ref.kind == "Deployment":
            return f"kubectl rollout restart deployment -n {namespace} {ref.name}, or set its image if it is fixed"
    return "restart its pods, or set their image if it is fixed"
