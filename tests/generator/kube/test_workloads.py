"""Objects with pod templates become workloads, one for each top owner."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.kube.objects import Ref, namespace_of
from llmd_routes.kube.workloads import Workload, find_workloads
from tests.generator.objects import Obj, deployment, group_set, pod_template, vllm, workload


def found(*objects: Obj) -> list[Workload]:
    return find_workloads(objects, lambda obj: namespace_of(obj) or "")


def owned(kind: str, name: str, by: tuple[str, str], **more: Any) -> Obj:
    made = workload(name, pod_template({"app": "a", "pod-template-hash": "1"}, vllm("m")), kind=kind)
    made["metadata"]["ownerReferences"] = [{"kind": by[0], "name": by[1], "controller": True}]
    return made | more


def test_what_is_made_by_something_of_the_input_is_a_part_of_it() -> None:
    made = deployment("a", {"app": "a"}, vllm("m"))
    assert [each.ref for each in found(made, owned("ReplicaSet", "a-1", ("Deployment", "a")))] == [
        Ref("ns", "Deployment", "a")
    ]


def test_an_absent_owner_stands_for_what_it_made_and_the_largest_shows_its_pods() -> None:
    old, new = (owned("ReplicaSet", name, ("Deployment", "a")) for name in ("a-1", "a-2"))
    old["spec"]["replicas"] = 0
    new["spec"]["template"]["metadata"]["labels"]["app"] = "new"
    (only,) = found(old, new)
    assert (only.ref.kind, only.own_object, only.templates[0].labels) == ("Deployment", False, {"app": "new"})


@pytest.mark.parametrize(("kind", "never"), [("Job", "a Job ends"), ("Deployment", None)])
def test_kinds_that_never_serve(kind: str, never: str | None) -> None:
    (only,) = found(
        workload("a", pod_template({}, vllm("m")), kind=kind) | ({"apiVersion": "batch/v1"} if never else {})
    )
    assert only.never == never


def test_pods_of_a_group_carry_their_place() -> None:
    (same,) = found(group_set("a", pod_template({"x": "w"}, vllm("m"))))
    assert [template.places for template in same.templates] == [("0", "1")]
    (apart,) = found(group_set("a", pod_template({"x": "w"}), pod_template({"x": "l"})))
    assert [(template.labels["x"], template.places) for template in apart.templates] == [("l", ("0",)), ("w", ("1",))]


def test_pods_that_ended_and_other_groups_are_no_workloads() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "status": {"phase": "Succeeded"}}
    other = deployment("a", {}) | {"apiVersion": "example.com/v1"}
    assert found(pod, other) == []


def test_the_release_is_told_by_helm_then_by_the_instance_label() -> None:
    made = deployment("a", {}, vllm("m"))
    made["metadata"]["labels"] = {"app.kubernetes.io/instance": "i"}
    assert found(made)[0].release == "i"
    made["metadata"]["annotations"] = {"meta.helm.sh/release-name": "r"}
    assert found(made)[0].release == "r"
