"""What is applied and what is removed: a comparison of values."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.controller.changes import only_additions, plan_changes
from llmd_routes.kube.objects import kind_of, name_of


def obj(kind: str, name: str, instance: str | None = "one", **spec: Any) -> dict[str, Any]:
    group = {"Service": "v1", "HTTPRoute": "gateway.networking.k8s.io/v1"}.get(kind, "inference.networking.k8s.io/v1")
    labels = {"llmd-routes/instance": instance} if instance else {}
    metadata = {"name": name, "namespace": "llm", "labels": labels}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}


def named(objects: Any) -> list[str]:
    return [f"{kind_of(each)} {name_of(each)}" for each in objects]


def test_new_and_changed_objects_are_applied_and_surplus_ones_removed_in_the_opposite_order() -> None:
    desired = [obj("Service", "s"), obj("InferencePool", "p", port=1), obj("HTTPRoute", "r", x=2)]
    live = [
        obj("InferencePool", "p", port=1, default="by the server"),
        obj("HTTPRoute", "r", x=1),
        obj("Service", "old"),
        obj("InferencePool", "old"),
        obj("HTTPRoute", "old"),
    ]
    changes = plan_changes(desired, live, "one", ())
    assert named(changes.apply) == ["Service s", "HTTPRoute r"]
    assert named(changes.remove) == ["HTTPRoute old", "InferencePool old", "Service old"]
    assert changes.problems == ()


@pytest.mark.parametrize("instance", [None, "two"])
def test_objects_of_others_are_neither_changed_nor_removed(instance: str | None) -> None:
    live = [obj("Service", "s", instance), obj("Service", "other", instance)]
    changes = plan_changes([obj("Service", "s", x=1)], live, "one", ())
    assert (changes.apply, changes.remove) == ((), ())
    assert [problem.object for problem in changes.problems] == ["Service llm/s"]
    assert "is not changed" in changes.problems[0].fact


def test_adopted_kinds_are_changed() -> None:
    desired, live = [obj("InferencePool", "p", x=1)], [obj("InferencePool", "p", None)]
    changes = plan_changes(desired, live, "one", ("InferencePool",))
    assert (named(changes.apply), changes.problems) == (["InferencePool p"], ())


def test_where_every_route_must_stay_only_new_objects_are_applied() -> None:
    live = [obj("HTTPRoute", "r", x=1), obj("Service", "old")]
    changes = plan_changes([obj("InferencePool", "p"), obj("HTTPRoute", "r", x=2)], live, "one", ())
    assert (named(changes.apply), named(changes.remove)) == (["InferencePool p", "HTTPRoute r"], ["Service old"])
    additions = only_additions(changes, live)
    assert (named(additions.apply), additions.remove) == (["InferencePool p"], ())
