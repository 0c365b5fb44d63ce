"""Which istio runs a Gateway."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.gateways import Version
from tests.generator.gateways.istio.proxies import proxy
from tests.generator.objects import Obj, container, deployment, gateway


def istiod(tag: str) -> Obj:
    return deployment(
        "istiod", {"app": "istiod"}, container("discovery", f"docker.io/istio/pilot{tag}", []), namespace="istio-system"
    )


@pytest.mark.parametrize(
    ("workloads", "release"),
    [
        ([], None),
        ([proxy(":1.28.4")], Version(1, 28, 4)),
        ([proxy(":1.29.0-distroless")], Version(1, 29, 0)),
        ([proxy(":v1.28", image="registry.example/mirror/proxyv2")], Version(1, 28)),
        ([proxy(":latest")], None),
        ([proxy(":master-1.2")], None),
        ([proxy("@sha256:1.2")], None),
        ([proxy(":1.27.1", of="other")], None),
        ([proxy(":1.27.1", namespace="other")], None),
        ([istiod(":1.28.3")], Version(1, 28, 3)),
        ([istiod(":1.30.0"), proxy(":1.28.3")], Version(1, 28, 3)),
        ([istiod(":1.30.0"), proxy("@sha256:0")], Version(1, 30, 0)),
    ],
)
def test_the_release_is_told_by_images(workloads: list[Obj], release: Version | None) -> None:
    found = build_inventory([gateway(), *workloads], Scope(assume=True))
    assert found.gateways[0].releases.get("istio") == release
