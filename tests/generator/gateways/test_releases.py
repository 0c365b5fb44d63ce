"""Releases by the images of a Gateway's pods."""

from __future__ import annotations

import re

from llmd_routes.gateways.releases import templates_of, versions_of
from llmd_routes.kube.objects import Ref
from llmd_routes.kube.workloads import find_workloads
from llmd_routes.model.gateways import Version
from tests.generator.objects import Obj, container, deployment

PROXY = re.compile(r"proxy:v(\d+)\.(\d+)(?:\.(\d+))?$")


def proxy(gateway: str, image: str, namespace: str = "ns") -> Obj:
    labels = {"gateway.networking.k8s.io/gateway-name": gateway}
    return deployment(f"{gateway}-{image.partition(':')[2]}", labels, container("proxy", image), namespace=namespace)


def test_only_pods_of_the_gateway_count() -> None:
    objects = [proxy("gw", "proxy:v1.2.3"), proxy("other", "proxy:v1.0.0"), proxy("gw", "proxy:v1.1.0", "far")]
    workloads = find_workloads(objects, lambda obj: obj["metadata"]["namespace"])
    templates = list(templates_of(Ref("ns", "Gateway", "gw"), workloads))
    assert list(versions_of(templates, PROXY)) == [Version(1, 2, 3)]


def test_images_without_a_version() -> None:
    workloads = find_workloads([proxy("gw", "proxy:latest"), proxy("gw", "proxy:v1.2")], lambda obj: "ns")
    templates = templates_of(Ref("ns", "Gateway", "gw"), workloads)
    assert list(versions_of(templates, PROXY)) == [Version(1, 2)]
