"""What releases of istio cannot do with the planned pools and routes."""

from __future__ import annotations

from typing import Any

from tests.generator.gateways.istio.proxies import proxy
from tests.generator.objects import Obj, deployment, gateway, pool, vllm
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


def test_what_a_release_cannot_do_is_refused() -> None:
    assert problems(SERVER, POOL, gateway(), proxy(":1.27.9")) == [
        "Gateway ns/gw: routes to InferencePools of inference.networking.k8s.io require istio 1.28,"
        " and it runs 1.27.9; upgrade istio"
    ]
    (told,) = problems(SERVER, ALPHA, gateway(), proxy(":1.28.0"))
    assert told.startswith(
        "Gateway ns/gw: istio 1.28 and newer ignores InferencePools of inference.networking.x-k8s.io"
    )
    assert problems(SERVER, POOL, *FAR, gateway(), proxy(":1.28.4")) == [
        "Gateway ns/gw: 2 HTTPRoutes have InferencePools, and istio before 1.28.5 asks the endpoint pickers"
        " of only one,"
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
    assert "2 HTTPRoutes have InferencePools" in problems(SERVER, POOL, theirs, gateway(), proxy(":1.28.0"))[0]
    theirs["spec"]["parentRefs"] = [{"name": "other"}]
    assert not plan(SERVER, POOL, theirs, gateway(), proxy(":1.28.0")).notices


def test_a_sidecar_needs_an_istio_that_asks_two_about_one_body() -> None:
    asked: Any = {"body_to_header": "ext-proc", "image": "x"}
    assert problems(SERVER, POOL, gateway(), proxy(":1.29.1"), **asked) == [
        "Gateway ns/gw: istio before 1.29.2 may lose parts of a request that an external processor and an endpoint"
        " picker read, and it runs 1.29.1; upgrade istio, or pass --body-to-header in-gateway"
    ]
    assert plan(SERVER, POOL, gateway(), proxy(":1.29.2"), **asked).carrier.kind == "ext-proc"
    (told,) = (one for one in plan(SERVER, POOL, gateway(), **asked).notices if "lose parts" in one.message)
    assert told.code == "istio-version"
