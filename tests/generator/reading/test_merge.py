"""Documents become objects, each once, and what contradicts is told with its places."""

from __future__ import annotations

from llmd_routes.reading.documents import Document
from llmd_routes.reading.merge import merge
from tests.generator.objects import Obj, deployment, gateway, vllm

POD = deployment("a", {"app": "a"}, vllm("m"))


def documents(*objects: Obj) -> list[Document]:
    return [Document(obj, f"{number}.yaml", 1) for number, obj in enumerate(objects)]


def labels(**added: str) -> Obj:
    return {
        **{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "ns"}},
        "spec": {"template": {"metadata": {"labels": added}}},
    }


def test_equal_definitions_count_once_whatever_their_version() -> None:
    older = gateway() | {"apiVersion": "gateway.networking.k8s.io/v1beta1"}
    objects, conflicts = merge(documents(older, gateway(), gateway()))
    assert (objects, conflicts) == ((gateway(),), ())


def test_two_definitions_are_a_conflict_and_the_first_stands() -> None:
    other = deployment("a", {"app": "b"}, vllm("m"))
    objects, conflicts = merge(documents(POD, other, other))
    assert objects == (POD,)
    assert conflicts == ("Deployment ns/a: defined differently in 0.yaml:1, 1.yaml:1 and 2.yaml:1; keep one of them",)


def test_labels_are_laid_over_the_object_that_they_name() -> None:
    (found,), conflicts = merge(documents(labels(x="1"), POD, labels(y="2", x="1")))
    assert found["spec"]["template"]["metadata"]["labels"] == {"app": "a", "x": "1", "y": "2"}
    assert conflicts == () and POD["spec"]["template"]["metadata"]["labels"] == {"app": "a"}


def test_labels_that_contradict_and_labels_of_nothing() -> None:
    assert merge(documents(POD, labels(x="1"), labels(x="2")))[1] == (
        "Deployment ns/a: label x set differently in 1.yaml:1 and 2.yaml:1; keep one of them",
    )
    assert merge(documents(labels(x="1"))) == (
        (),
        ("Deployment ns/a: 0.yaml:1 only adds labels to it; pass the file that defines it too",),
    )


def test_kinds_that_are_not_read_are_left_out_and_unnamed_objects_are_kept() -> None:
    unnamed = {**POD, "metadata": {"generateName": "a-"}}
    assert merge(documents({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}))[0] == ()
    assert len(merge(documents(unnamed, unnamed))[0]) == 2
