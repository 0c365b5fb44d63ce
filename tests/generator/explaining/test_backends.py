"""Backends of rules are resolved to pools, pickers and pods, or to the reason why a gateway cannot use them."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.explaining.backends import is_ready, resolve_backends
from llmd_routes.kube.objects import Ref
from llmd_routes.model.explanation import Destination, Pods
from tests.generator.emitted import engines
from tests.generator.objects import Obj, pool_v1alpha2

from .asking import around, route, rule

GROUP = "inference.networking.k8s.io"


def pod(name: str, labels: dict[str, str], ready: str = "True", **more: Any) -> Obj:
    conditions = [{"type": "Ready", "status": ready}]
    owner = {"kind": "Deployment", "name": labels.get("app", "epp"), "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "ns", "labels": labels, "ownerReferences": [owner], **more},
        "spec": {"containers": []},
        "status": {"phase": "Running", "conditions": conditions},
    }


def resolved(*objects: Obj, is_live: bool = True, **backend: Any) -> list[Destination]:
    """Return the destinations of one rule with one backend."""
    to = {"group": GROUP, "kind": "InferencePool", "name": "vllm"} | backend
    looked_up = around([*objects, route("r", rule(to=None) | {"backendRefs": [to]})], is_live=is_live)
    (one,) = looked_up.inventory.routes
    return list(resolve_backends(one, one.spec["rules"][0], looked_up))


def test_a_pool_has_its_picker_its_pods_and_the_models_behind_it() -> None:
    pods = [
        pod("a", {"app": "vllm"}),
        pod("b", {"app": "vllm"}, "False"),
        pod("c", {"app": "sglang"}),
        pod("e", {"epp": "vllm"}),
    ]
    (found,) = resolved(*engines(), *pods)
    assert found == Destination(
        Ref("ns", "InferencePool", "vllm"),
        "8000",
        1,
        Ref("ns", "Service", "vllm-epp"),
        Pods(("e",), 1, is_known=True),
        Pods(("a", "b"), 1, is_known=True),
        "FailClose",
        ("m1", "m3"),
    )


def test_without_pods_the_workloads_are_named() -> None:
    for is_live in (False, True):
        (found,) = resolved(*engines(), is_live=is_live)
        assert found.pods == Pods(workloads=(Ref("ns", "Deployment", "vllm"),), is_known=is_live)


@pytest.mark.parametrize(
    ("backend", "fault"),
    [
        ({"name": "missing"}, "does not exist"),
        ({"group": ""}, "references it with no API group"),
        ({"group": "x"}, "references it with API group x"),
        ({"namespace": "far"}, "no ReferenceGrant permits HTTPRoutes of ns"),
        ({"kind": "Service", "name": "missing", "group": ""}, "does not exist"),
    ],
)
def test_faults_are_found_where_everything_was_read(backend: Any, fault: str) -> None:
    (found,) = resolved(*engines(), **backend)
    assert fault in found.fault
    (unproven,) = resolved(*engines(), is_live=False, **backend)
    assert (unproven.fault == "") == ("group" not in backend or backend.get("kind") == "Service")


def test_a_pool_of_another_group_is_a_fault_even_in_files() -> None:
    (found,) = resolved(pool_v1alpha2("vllm", {"app": "vllm"}, 8000), is_live=False)
    assert found.fault == "exists only in another API group, inference.networking.x-k8s.io"


def test_a_picker_without_its_service_is_a_fault() -> None:
    left = [obj for obj in engines() if obj["kind"] != "Service"]
    (found,) = resolved(*left)
    assert found.fault == "its endpoint picker, Service ns/vllm-epp, does not exist"


def test_weights_of_zero_get_no_requests() -> None:
    assert resolved(*engines(), weight=0) == []
    (found,) = resolved(*engines(), weight=7)
    assert found.weight == 7


def test_a_pod_that_is_being_deleted_is_not_ready() -> None:
    assert is_ready(pod("a", {}))
    assert not is_ready(pod("a", {}, deletionTimestamp="2026-01-01T00:00:00Z"))
    assert not is_ready({})
