"""The labels that tell services apart: found by trying, printed in three forms, and gone when they are on."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from ruamel.yaml import YAML

from llmd_routes.errors import InputError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.output.labels import as_text
from llmd_routes.planning.labels import Labelling, find_labels, merged, patch
from llmd_routes.reading.documents import Document
from llmd_routes.reading.merge import merge
from tests.generator.objects import Obj, container, deployment, group_set, pod_template, vllm, workload

SAME = {"llm-d.ai/inferenceServing": "true"}
SGLANG = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m"])
ENGINE, SERVICE = "llm-d.ai/engine-type", "llmd-routes/service"


def find(*objects: Obj, namespace: str | None = None) -> Labelling:
    return find_labels(objects, Scope((namespace,) if namespace else (), assume=True))


def shown(found: Labelling) -> list[tuple[str, str, str]]:
    return [(label.ref.name, label.key, label.value) for label in found.labels]


def pod(name: str, labels: Obj, *containers: Obj) -> Obj:
    made = pod_template(labels, *containers)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "ns", **made["metadata"]},
        "spec": made["spec"],
    }


A, B = deployment("a", SAME, vllm("m")), deployment("b", SAME, SGLANG)
CASES: list[tuple[list[Obj], list[tuple[str, str, str]]]] = [
    ([A], []),
    ([A, deployment("b", {"app": "b"}, SGLANG)], []),
    (
        [A, B],
        [("a", ENGINE, "vllm"), ("a", SERVICE, "a"), ("b", ENGINE, "sglang"), ("b", SERVICE, "b")],
    ),
    # Of two services with one engine the engine tells nothing.
    ([A, deployment("c", SAME, vllm("n"))], [("a", SERVICE, "a"), ("c", SERVICE, "c")]),
    (
        [A, B, deployment("c", SAME, vllm("n"))],
        [("a", SERVICE, "a"), ("b", ENGINE, "sglang"), ("b", SERVICE, "b"), ("c", SERVICE, "c")],
    ),
    # The labels of one are part of the labels of the other: only it needs one.
    ([A, deployment("b", {**SAME, ENGINE: "sglang"}, SGLANG)], [("a", ENGINE, "vllm"), ("a", SERVICE, "a")]),
    # All roles of a service carry its label.
    (
        [
            deployment("a-decode", {**SAME, "llm-d.ai/role": "decode"}, vllm("m")),
            deployment("a-prefill", {**SAME, "llm-d.ai/role": "prefill"}, vllm("m")),
            B,
        ],
        [
            ("a-decode", ENGINE, "vllm"),
            ("a-decode", SERVICE, "a"),
            ("a-prefill", ENGINE, "vllm"),
            ("a-prefill", SERVICE, "a"),
            ("b", ENGINE, "sglang"),
            ("b", SERVICE, "b"),
        ],
    ),
    (
        [pod("a", SAME, vllm("m")), B],
        [("b", ENGINE, "sglang"), ("b", SERVICE, "b"), ("a", ENGINE, "vllm"), ("a", SERVICE, "a")],
    ),
    # Without any label, the name alone is lasting.
    (
        [deployment("c", {}, vllm("m"))],
        [("c", ENGINE, "vllm"), ("c", SERVICE, "c")],
    ),
]


@pytest.mark.parametrize(("objects", "expected"), CASES)
def test_labels(objects: list[Obj], expected: list[tuple[str, str, str]]) -> None:
    found = find(*objects)
    assert found.problems == ()
    assert shown(found) == expected
    changed = applied(objects, found)
    assert all(service.selector is not None for service in build_inventory(changed).services)
    assert shown(find(*changed)) == []


def applied(objects: list[Obj], found: Labelling) -> list[Obj]:
    """Return the objects as an API server has them after the patches."""
    for label in found.labels:
        objects = [
            merged(o, patch(label)) if (o["kind"], o["metadata"]["name"]) == (label.ref.kind, label.ref.name) else o
            for o in objects
        ]
    return objects


def test_only_templates_that_serve_get_the_label() -> None:
    leader = pod_template(SAME, vllm("m"))
    worker = pod_template({"app": "w"}, vllm("m", "--headless"))
    found = find(group_set("a", worker, leader), B)
    assert {(label.ref.kind, label.path[-1]) for label in found.labels} == {("Deployment", "template")}


def test_a_group_is_told_by_its_name() -> None:
    """Its controller puts the name on each pod, so only what has the same labels needs another one."""
    found = find(group_set("a", pod_template(SAME, vllm("m")), size=1), B)
    assert {(label.ref.kind, label.ref.name) for label in found.labels} == {("Deployment", "b")}


def test_what_a_controller_made_is_never_touched() -> None:
    owner = [{"apiVersion": "x/v1", "kind": "Thing", "name": "t", "controller": True}]
    owned = workload("a", pod_template(SAME, vllm("m")), ownerReferences=owner)
    found = find(owned, deployment("b", SAME, vllm("n")))
    assert [(label.ref.name, label.key) for label in found.labels] == [("b", ENGINE), ("b", SERVICE)]
    assert found.problems == (
        "ModelService ns/t: its pods cannot be labelled, a controller makes them;"
        " set a label in the object that creates them",
    )


def test_values_fit_into_a_label() -> None:
    long = "a" * 80
    found = find(deployment(long, SAME, vllm("m")), deployment(f"{long}b", SAME, vllm("n")))
    values = {value for _, _, value in shown(found)}
    assert len(values) == 2
    assert {len(value) for value in values} == {63}


def test_pods_of_several_roles_get_the_label_of_their_role() -> None:
    halves = [deployment(f"oak-{role}", {"app": "oak"}, vllm("m")) for role in ("decode", "prefill")]
    role = "llm-d.ai/role"
    assert shown(find(*halves)) == [("oak-decode", role, "decode"), ("oak-prefill", role, "prefill")]
    separate = [deployment(f"oak-{each}", {"app": each}, vllm("m")) for each in ("decode", "prefill")]
    assert shown(find(*separate)) == [
        ("oak-decode", ENGINE, "vllm"),
        ("oak-decode", role, "decode"),
        ("oak-decode", SERVICE, "oak"),
        ("oak-prefill", ENGINE, "vllm"),
        ("oak-prefill", role, "prefill"),
        ("oak-prefill", SERVICE, "oak"),
    ]


def test_commands_for_a_shell() -> None:
    stateful = workload("b", pod_template(SAME, SGLANG), kind="StatefulSet")
    text = as_text(find(A, stateful), "sh", context="my cluster")
    first, second = (shlex.split(line) for line in text.splitlines())
    assert first[:4] == ["kubectl", "patch", "--namespace=ns", "--context=my cluster"]
    assert (first[-2:], second[-2]) == (["deployment", "a"], "statefulset")
    assert json.loads(first[-4].removeprefix("--patch=")) == {
        "spec": {"template": {"metadata": {"labels": {ENGINE: "vllm", SERVICE: "a"}}}}
    }


def test_manifests_are_laid_over_the_objects_they_name() -> None:
    bare = [deployment("a", SAME, vllm("m"), namespace=None), deployment("b", SAME, SGLANG, namespace=None)]
    text = as_text(find(*bare), "yaml")
    over = list(YAML(typ="safe", pure=True).load_all(text))
    assert [obj["metadata"] for obj in over] == [{"name": "a"}, {"name": "b"}]
    objects, conflicts = merge(Document(obj, "in", line) for line, obj in enumerate([*bare, *over]))
    assert conflicts == ()
    assert shown(find(*map(dict, objects))) == []


def test_a_component_for_kustomize() -> None:
    component = YAML(typ="safe", pure=True).load(as_text(find(A, B), "kustomize"))
    assert (component["apiVersion"], component["kind"]) == ("kustomize.config.k8s.io/v1alpha1", "Component")
    first = component["patches"][0]
    assert first["target"] == {"kind": "Deployment", "name": "a", "namespace": "ns"}
    body: Any = YAML(typ="safe", pure=True).load(first["patch"])
    assert body["spec"]["template"]["metadata"]["labels"] == {ENGINE: "vllm", SERVICE: "a"}


def test_nothing_is_printed_when_nothing_is_missing() -> None:
    found = find(A)
    assert [as_text(found, "sh"), as_text(found, "yaml"), as_text(found, "kustomize")] == ["", "", ""]
    assert found.report() == ["no label is missing: every ModelService has a unique pod selector"]


def test_a_command_never_guesses_a_namespace() -> None:
    bare = [deployment("a", SAME, vllm("m"), namespace=None), deployment("b", SAME, SGLANG, namespace=None)]
    with pytest.raises(
        InputError, match=r"^Deployment a, Deployment b: no namespace in the manifest; pass -n NAMESPACE$"
    ):
        as_text(find(*bare), "sh")
    assert "--namespace=x" in as_text(find(*bare, namespace="x"), "sh")


def test_what_a_person_must_know_is_said() -> None:
    assert find(A, B).report() == [
        "Deployment ns/a: llm-d.ai/engine-type=vllm, llmd-routes/service=a",
        "Deployment ns/b: llm-d.ai/engine-type=sglang, llmd-routes/service=b",
        "the pods of these workloads restart; the rollout stalls if no accelerator is free",
        "next: run `llmd-routes generate` after the rollout",
    ]
    assert any("until they are replaced" in line for line in find(pod("a", SAME, vllm("m")), B).report())


def test_the_report_of_labels_in_manifests() -> None:
    lines = find(A, B).report(applied=False)
    assert "the pods of these workloads restart when the manifests are applied; the rollout" in lines[-2]
    assert lines[-1] == "next: run `llmd-routes generate` with these manifests too"
