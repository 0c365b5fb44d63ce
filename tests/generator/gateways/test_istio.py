"""Which istio runs a Gateway, and what is refused because of it."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.inventory import Version
from tests.generator.objects import Obj, container, deployment, gateway, pool, vllm
from tests.generator.planning.test_make import plan, problems

SERVER = deployment("a", {"app": "a"}, vllm("m"))
POOL = pool("a", {"app": "a"}, 8000)
ALPHA = {
    "apiVersion": "inference.networking.x-k8s.io/v1alpha2",
    "kind": "InferencePool",
    "metadata": {"name": "a", "namespace": "ns"},
    "spec": {"selector": {"app": "a"}, "targetPortNumber": 8000, "extensionRef": {"name": "a-epp"}},
}
FAR = [deployment("c", {"app": "c"}, vllm("n"), namespace="x"), pool("c", {"app": "c"}, 8000, namespace="x")]


def proxy(tag: str, *, of: str = "gw", namespace: str = "ns", image: str = "docker.io/istio/proxyv2") -> Obj:
    labels = {"gateway.networking.k8s.io/gateway-name": of}
    return deployment(f"{of}-istio", labels, container("istio-proxy", f"{image}{tag}", []), namespace=namespace)


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


def test_what_a_release_cannot_do_is_refused() -> None:
    assert problems(SERVER, POOL, gateway(), proxy(":1.27.9")) == [
        "Gateway ns/gw: is to route to InferencePools of inference.networking.k8s.io, which istio before 1.28 does not"
        " read, and it runs 1.27.9; upgrade istio"
    ]
    (told,) = problems(SERVER, ALPHA, gateway(), proxy(":1.28.0"))
    assert told.startswith("Gateway ns/gw: is to route to InferencePools of inference.networking.x-k8s.io, which istio")
    assert problems(SERVER, POOL, *FAR, gateway(), proxy(":1.28.4")) == [
        "Gateway ns/gw: carries 2 HTTPRoutes with pools, and istio before 1.28.5 loses the EPPs of all but one,"
        " and it runs 1.28.4; upgrade istio"
    ]


def test_what_a_release_can_do_is_not_mentioned() -> None:
    assert not plan(SERVER, POOL, *FAR, gateway(), proxy(":1.28.5")).notices
    assert not plan(SERVER, ALPHA, gateway(), proxy(":1.27.0")).notices


def test_without_a_release_it_is_a_notice() -> None:
    for scene in ([SERVER, ALPHA], [SERVER, POOL, *FAR]):
        (notice,) = plan(*scene, gateway()).notices
        assert (notice.code, notice.object) == ("istio-version", "Gateway ns/gw")
    assert not plan(SERVER, POOL, gateway()).notices


def test_routes_of_others_with_pools_count() -> None:
    theirs: Obj = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "theirs", "namespace": "ns"},
        "spec": {
            "parentRefs": [{"name": "gw"}],
            "rules": [
                {
                    "matches": [{"path": {"type": "Exact", "value": "/other"}}],
                    "backendRefs": [{"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "b"}],
                }
            ],
        },
    }
    assert "carries 2 HTTPRoutes" in problems(SERVER, POOL, theirs, gateway(), proxy(":1.28.0"))[0]
    theirs["spec"]["parentRefs"] = [{"name": "other"}]
    assert not plan(SERVER, POOL, theirs, gateway(), proxy(":1.28.0")).notices


def test_a_sidecar_needs_an_istio_that_asks_two_about_one_body() -> None:
    asked: Any = {"body_to_header": "sidecar", "image": "x"}
    assert problems(SERVER, POOL, gateway(), proxy(":1.29.1"), **asked) == [
        "Gateway ns/gw: is to ask a sidecar and endpoint pickers about one request, and istio before 1.29.2 may lose"
        " parts of it, and it runs 1.29.1; upgrade istio, or leave it to the gateway with --body-to-header in-gateway"
    ]
    assert plan(SERVER, POOL, gateway(), proxy(":1.29.2"), **asked).carrier.kind == "sidecar"
    (told,) = (one for one in plan(SERVER, POOL, gateway(), **asked).notices if "lose parts" in one.message)
    assert told.code == "istio-version"
