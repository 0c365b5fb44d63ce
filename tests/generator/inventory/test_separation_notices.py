"""Why no selector separates a ModelService, and what the pools around it select."""

from __future__ import annotations

from typing import Any

from llmd_routes.inventory.build import build_inventory
from llmd_routes.names import HELM_RELEASE
from llmd_routes.notices import LABEL, Notice
from tests.generator.objects import container, deployment, pool, vllm, workload
from tests.generator.objects import pod_template as template

SAME = {"app": "same"}
A, B = deployment("a", SAME, vllm("m")), deployment("b", SAME, vllm("n"))
JOINT = "their pods carry the same labels, so no InferencePool can select one of them"


def notices(code: str, *objects: dict[str, Any]) -> list[Notice]:
    return [notice for notice in build_inventory(objects).notices if notice.code == code]


def test_services_with_the_same_labels_are_peers_of_each_other() -> None:
    first, second = notices("cross-selection", A, B)
    assert (first.object, first.peers, first.joint) == ("ModelService ns/a", ("ModelService ns/b",), JOINT)
    assert (second.object, second.peers, second.joint) == ("ModelService ns/b", ("ModelService ns/a",), JOINT)
    assert {first.remedy, second.remedy} == {LABEL}


def test_labels_that_are_a_part_of_others_are_no_circle() -> None:
    (notice,) = notices("cross-selection", A, deployment("b", {**SAME, "more": "x"}, vllm("n")))
    assert notice.object == "ModelService ns/a"
    assert "no label that the pods of ModelService ns/b do not carry" in notice.message


def test_pods_that_do_not_serve_are_named_and_are_no_peers() -> None:
    requester = workload("r", template(SAME, container("inference-server", "own/requester:1")), kind="ReplicaSet")
    (notice,) = notices("mixed-pool", A, requester, pool("p", SAME, 8000))
    assert notice.message == "InferencePool ns/p selects its pods and those of ReplicaSet/r, which do not serve"
    assert (notice.peers, notice.joint) == ((), "")


def test_a_pool_of_several_services_says_its_wrong_port_too() -> None:
    first, second = notices("mixed-pool", A, B, pool("p", SAME, 9))
    assert first.joint == "InferencePool ns/p selects the pods of all of them, on port 9 instead of 8000"
    assert first.joint == second.joint
    assert first.pools == ("InferencePool ns/p",)
    assert first.remedy.startswith(
        "set router.modelServers.matchLabels and router.modelServers.targetPorts in the values of the chart; or pass"
    )
    # The port alone is a notice as well, with the same fix.
    assert {each.remedy for each in notices("pool-port-mismatch", A, B, pool("p", SAME, 9))} == {first.remedy}


def test_the_fix_names_what_maintains_the_pool() -> None:
    released = pool("p", SAME, 8000)
    released["metadata"]["annotations"] = {HELM_RELEASE: "gaie"}
    assert (
        "in the values of Helm release gaie; or pass --adopt-pools" in notices("mixed-pool", A, B, released)[0].remedy
    )
    controlled = pool("p", SAME, 8000)
    controlled["metadata"]["ownerReferences"] = [{"kind": "Thing", "name": "t", "controller": True}]
    assert notices("mixed-pool", A, B, controlled)[0].remedy == "set the selector in Thing t"


def test_a_pool_of_one_service_with_the_wrong_port_names_the_port() -> None:
    (notice,) = notices("pool-port-mismatch", A, pool("p", SAME, 9))
    assert notice.message == "InferencePool ns/p targets 9 but its pods serve on 8000"
    assert notice.remedy.startswith("set the same port")


def test_no_label_at_all() -> None:
    (notice,) = notices("no-common-label", deployment("a", {}, vllm("m")))
    assert (notice.message, notice.remedy) == (
        "its serving pods carry no label, so no InferencePool can select them",
        LABEL,
    )
