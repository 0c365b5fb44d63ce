"""A proxy that is older than every control plane is named with its pod."""

from __future__ import annotations

import pytest

from llmd_routes.diagnosing.proxy_releases import judge_proxies
from llmd_routes.explaining.entrances import find_doors
from llmd_routes.model.findings import Finding
from tests.generator.explaining.asking import around
from tests.generator.explaining.test_backends import pod
from tests.generator.objects import Obj, deployment, gateway

LABEL = "gateway.networking.k8s.io/gateway-name"


def judged(proxies: list[str], controls: list[str], *more: Obj) -> list[Finding]:
    objects = [gateway(gateway_class="istio"), *more]
    for number, image in enumerate(proxies):
        owner = {"kind": "Deployment", "name": "gw-istio", "controller": True}
        made = pod(f"gw-{number}", {LABEL: "gw"}, ownerReferences=[owner])
        made["spec"] = {"containers": [{"name": "istio-proxy", "image": image}]}
        objects.append(made)
    for number, image in enumerate(controls):
        made = deployment(f"istiod-{number}", {"app": "istiod"}, {"name": "discovery", "image": image})
        made["metadata"]["namespace"] = "istio-system"
        objects.append(made)
    looked_up = around(objects)
    (door,) = find_doors(looked_up.inventory, looked_up.objects)
    return list(judge_proxies(door, looked_up))


def test_an_old_proxy_is_named_with_its_pod_and_its_deployment() -> None:
    own = deployment("gw-istio", {LABEL: "gw"}, {"name": "istio-proxy", "image": "auto"})
    (finding,) = judged(["docker.io/istio/proxyv2:1.26.3", "proxyv2:1.28.0"], ["istio/pilot:1.28.1"], own)
    assert (finding.severity, finding.cause, finding.object) == ("warning", "old-proxy", "Gateway ns/gw")
    assert finding.fact == "its proxy has release 1.26.3, and the control plane 1.28.1"
    assert finding.field == "spec.containers[].image of Pod ns/gw-0"
    assert finding.fix.startswith("kubectl rollout restart deployment -n ns gw-istio")


@pytest.mark.parametrize(
    ("proxies", "controls"),
    [
        (["proxyv2:1.28.0"], ["pilot:1.28.5"]),
        (["proxyv2:1.29.0"], ["pilot:1.28.5"]),
        (["proxyv2:1.28.0"], ["pilot:1.28.5", "pilot:1.30.0"]),
        (["proxyv2:1.26.0"], []),
        ([], ["pilot:1.28.5"]),
        (["proxyv2:latest"], ["pilot:1.28.5"]),
    ],
)
def test_other_releases_are_not(proxies: list[str], controls: list[str]) -> None:
    assert judged(proxies, controls) == []
