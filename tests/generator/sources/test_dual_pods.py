"""Dual pods: what the launcher starts, with the labels of its patch."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    container,
    pod_template,
    workload,
)
from tests.generator.scenes import codes


def test_dual_pods_serve_with_the_labels_of_their_patch() -> None:
    patch = (
        'metadata: {labels: {"model-reg": "m", "app": null}}\n'
        "spec: {containers: [{name: vllm, command: [vllm, serve], args: [m, --port, '8200']}],"
        " initContainers: [{name: routing-proxy, restartPolicy: Always,"
        " args: [--port=8000, --vllm-port=8200, --secure-proxy=false]}]}"
    )
    for prefix in ("dual-pod.llm-d.ai/", "dual-pods.llm-d.ai/"):
        template = pod_template(
            {"app": "dp"}, container("inference-server", "x/requester:1"), annotations={f"{prefix}server-patch": patch}
        )
        inventory = build_inventory([workload("a-decode", template, kind="ReplicaSet")])
        found = inventory.services[0]
        assert (found.selector, found.ports, found.selector_derived) == ({"model-reg": "m"}, (8000,), True)
        assert codes(inventory) == {"dual-pod"}


def test_dual_pods_by_inference_server_config() -> None:
    config = {
        "apiVersion": "fma.llm-d.ai/v1alpha1",
        "kind": "InferenceServerConfig",
        "metadata": {"name": "c", "namespace": "ns"},
        "spec": {
            "modelServerConfig": {"port": 8005, "options": "--model org/m --enforce-eager", "labels": {"made-by": "c"}}
        },
    }
    template = pod_template(
        {"app": "dp"},
        container("requester", "x/requester:1"),
        annotations={"dual-pods.llm-d.ai/inference-server-config": "c"},
    )
    requester = workload("a", template, kind="ReplicaSet")
    found = build_inventory([requester, config]).services[0]
    assert (found.models, found.ports, found.selector) == (("org/m",), (8005,), {"made-by": "c"})
    assert not build_inventory([requester]).services
    assert [(entry.object, entry.reason) for entry in build_inventory([config]).ignored] == [
        ("InferenceServerConfig/c", "no requester references it")
    ]
    (both,) = build_inventory([requester, workload("b", template, kind="ReplicaSet"), config]).services
    assert [str(ref) for ref in both.workloads] == [
        "InferenceServerConfig ns/c",
        "ReplicaSet ns/a",
        "ReplicaSet ns/b",
    ]
    assert (both.name, both.selector) == (None, {"made-by": "c"})
