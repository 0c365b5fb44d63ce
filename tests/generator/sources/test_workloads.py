"""Workloads that serve without anything that describes them."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    container,
    deployment,
    group_set,
    pod_template,
    vllm,
    workload,
)
from tests.generator.scenes import GUIDE, NGINX, codes, names, scripted

NAME, PLACE = "leaderworkerset.sigs.k8s.io/name", "leaderworkerset.sigs.k8s.io/worker-index"


def test_leaders_serve_for_groups_of_one_rank() -> None:
    worker = pod_template(
        GUIDE,
        container(
            "x",
            "lmsysorg/sglang:v1",
            ["python3", "-m", "sglang.launch_server"],
            ["--model-path", "m", "--nnodes", "2", "--node-rank", "$(LWS_WORKER_INDEX)"],
        ),
    )
    found = build_inventory([group_set("a", worker)]).services[0]
    assert found.selector == {NAME: "a", PLACE: "0"}
    assert found.selector_derived


def test_a_leader_template_serves_and_idle_workers_do_not() -> None:
    worker = pod_template(
        {"role": "worker"}, container("x", "vllm/vllm-openai:v1", ["bash", "-c", "ray start --block"])
    )
    found = build_inventory([group_set("a", worker, pod_template({"role": "leader"}, vllm("m")))]).services[0]
    assert found.selector == {NAME: "a", "role": "leader"}


def test_every_worker_serves_with_external_balancing() -> None:
    worker = pod_template(GUIDE, vllm("m", "--data-parallel-multi-port-external-lb", "--data-parallel-size-local", "2"))
    found = build_inventory([group_set("a", worker)]).services[0]
    assert (found.selector, found.ports, found.selector_derived) == ({NAME: "a"}, (8000, 8001), False)


def test_pods_belong_to_their_top_owner_present_or_not() -> None:
    template = pod_template({**GUIDE, "pod-template-hash": "abc"}, vllm("m"))
    replica_set = workload(
        "a-abc",
        template,
        kind="ReplicaSet",
        ownerReferences=[{"kind": "Deployment", "name": "a", "controller": True}],
        labels={"pod-template-hash": "abc"},
    )
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "a-abc-1",
            "namespace": "ns",
            "labels": {**GUIDE, "pod-template-hash": "abc"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "a-abc", "controller": True}],
        },
        "spec": template["spec"],
    }
    owner = deployment("a", GUIDE, vllm("m"))
    for objects in ([owner, replica_set, pod], [replica_set, pod], [pod], [owner]):
        assert names(build_inventory(objects)) == [("a", ["Deployment/a"])]
        assert build_inventory(objects).services[0].selector == {"llm-d.ai/guide": "g"}


def test_jobs_and_gateways_are_no_model_servers() -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": "ns"},
        "spec": {"template": pod_template(GUIDE, vllm("m"))},
    }
    proxy = deployment("gw-istio", {"gateway.networking.k8s.io/gateway-name": "gw"}, vllm("m"))
    inventory = build_inventory([job, proxy])
    assert not inventory.services
    assert [entry.object for entry in inventory.ignored] == ["Deployment/gw-istio", "Job/j"]


LEADER = ["bash multi-node-serving.sh leader; vllm serve m --port 8080 --tensor-parallel-size 8"]

WORKER = ["bash multi-node-serving.sh worker --ray_address=$(LWS_LEADER_ADDRESS)"]


@pytest.mark.parametrize(
    ("worker_labels", "selector", "derived"),
    [
        ({"app": "a"}, {NAME: "a", PLACE: "0"}, True),
        ({"app": "a", "more": "x"}, {NAME: "a", PLACE: "0"}, True),
        ({"app": "worker"}, {NAME: "a", "app": "a"}, False),
    ],
)
def test_only_leaders_of_a_group_serve(worker_labels: Any, selector: Any, derived: bool) -> None:
    group = group_set("a", scripted(worker_labels, WORKER), scripted({"app": "a"}, LEADER))
    (found,) = build_inventory([group]).services
    assert (found.ports, found.selector, found.selector_derived) == ((8080,), selector, derived)


@pytest.mark.parametrize(
    "script",
    [
        "if [ $LWS_WORKER_INDEX = 0 ]; then vllm serve m; else sleep inf; fi",
        'if [[ "$LWS_WORKER_INDEX" -eq 0 ]]; then vllm serve m; else vllm serve m --headless; fi',
        "vllm serve m --nnodes 2 --node-rank $LWS_WORKER_INDEX",
    ],
)
def test_only_the_first_of_a_group_serves(script: str) -> None:
    (found,) = build_inventory([group_set("a", scripted({"app": "a"}, [script]))]).services
    assert found.selector == {NAME: "a", PLACE: "0"}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "ReplicaSet"])
def test_a_single_pod_that_is_told_its_rank_is_no_group(kind: str) -> None:
    template = pod_template({"app": "a"}, vllm("m", "--nnodes", "2", "--node-rank", "0"))
    (found,) = build_inventory([workload("a", template, kind=kind)]).services
    assert (found.selector, found.selector_derived) == ({"app": "a"}, False)


def test_only_near_misses_are_listed_as_ignored() -> None:
    job = {**workload("load", pod_template({}, vllm("m")), kind="Job"), "apiVersion": "batch/v1"}
    migration = {**workload("migrate", pod_template({}, NGINX), kind="Job"), "apiVersion": "batch/v1"}
    bench = deployment("bench", {}, container("b", "vllm/vllm-openai:v1", ["vllm", "bench", "serve"]))
    inventory = build_inventory([job, migration, bench, deployment("web", {"app": "web"}, NGINX)])
    assert [(entry.object, entry.reason) for entry in inventory.ignored] == [
        ("Deployment/bench", "container b is a benchmark client"),
        ("Job/load", "a Job ends"),
    ]
    assert inventory.services == ()


@pytest.mark.parametrize(
    "labels", [{"llm-d.ai/role": "decode"}, {"llm-d.ai/inference-serving": "true"}, {"llm-d.ai/engine-type": "mine"}]
)
def test_pods_that_are_said_to_serve_are_services_of_unknown_engine(labels: dict[str, str]) -> None:
    assert codes(build_inventory([deployment("a", labels, NGINX)])) == {"unknown-engine"}
