"""What is known of a cluster: objects stay until their deletion was seen."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.controller.store import Store
from llmd_routes.kinds import KINDS
from llmd_routes.kube.objects import name_of
from llmd_routes.reading.cluster import ServedKind
from llmd_routes.reading.feeds import Feed


def feed(kind: str, place: str = "") -> Feed:
    return Feed(ServedKind(next(each for each in KINDS if each.kind == kind), "v1"), place)


DEPLOYMENTS, PODS = feed("Deployment"), feed("Pod")


def obj(name: str, kind: str = "Deployment", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "llm", **more.pop("metadata", {})}
    version = "v1" if kind == "Pod" else "apps/v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


class Counter:
    """Counts calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1

    def since(self) -> int:
        calls, self.calls = self.calls, 0
        return calls


@pytest.fixture
def changed() -> Counter:
    return Counter()


@pytest.fixture
def store(changed: Counter) -> Store:
    store = Store(changed)
    store.follow([DEPLOYMENTS, PODS])
    return store


def names(store: Store) -> list[str]:
    view = store.view()
    assert view is not None
    return sorted(map(name_of, view.objects))


def test_before_all_feeds_were_read_there_is_no_view(store: Store) -> None:
    store.put(DEPLOYMENTS, obj("a"))
    store.read(DEPLOYMENTS)
    store.fail(PODS, "away")
    assert store.view() is None
    assert store.refusals() == {PODS: "away"}
    store.read(PODS)
    assert names(store) == ["a"]
    assert Store(Counter()).view() is None


def read(store: Store, *objects: dict[str, Any]) -> None:
    for each in objects:
        store.put(DEPLOYMENTS, each)
    store.read(DEPLOYMENTS)
    store.read(PODS)


def test_a_feed_that_fails_keeps_its_objects(store: Store, changed: Counter) -> None:
    read(store, obj("a"))
    changed.since()
    store.fail(DEPLOYMENTS, "away")
    store.fail(DEPLOYMENTS, "away")
    view = store.view()
    assert view is not None and (names(store), view.failing) == (["a"], {DEPLOYMENTS: "away"})
    assert changed.since() == 1
    store.read(DEPLOYMENTS)
    view = store.view()
    assert view is not None and view.failing == {}
    assert changed.since() == 1


def test_a_deleted_object_is_remembered_until_it_is_forgotten_or_exists_again(store: Store) -> None:
    read(store, obj("a"), obj("b"))
    store.drop(DEPLOYMENTS, obj("a"))
    store.drop(DEPLOYMENTS, obj("b"))
    store.drop(DEPLOYMENTS, obj("never known"))
    view = store.view()
    assert view is not None and sorted(map(name_of, view.deleted)) == ["a", "b"]
    assert view.objects == ()
    store.put(DEPLOYMENTS, obj("a"))
    store.forget([obj("b")])
    view = store.view()
    assert view is not None and (names(store), view.deleted) == (["a"], ())


def test_what_a_workload_created_is_not_remembered(store: Store) -> None:
    read(store)
    pod = obj("p", "Pod", metadata={"ownerReferences": [{"kind": "ReplicaSet", "controller": True}]})
    store.put(PODS, pod)
    store.drop(PODS, pod)
    view = store.view()
    assert view is not None and (view.objects, view.deleted) == ((), ())


@pytest.mark.parametrize(
    ("before", "after", "affects"),
    [
        ({"spec": {"x": 1}}, {"spec": {"x": 2}}, True),
        ({"metadata": {"labels": {"a": "1"}}}, {"metadata": {"labels": {"a": "2"}}}, True),
        ({"metadata": {"resourceVersion": "1", "generation": 1}}, {"metadata": {"resourceVersion": "2"}}, False),
        ({"status": {"readyReplicas": 1}}, {"status": {"readyReplicas": 2}}, False),
        (
            {"metadata": {"annotations": {"control-plane.alpha.kubernetes.io/leader": "1"}}},
            {"metadata": {"annotations": {"control-plane.alpha.kubernetes.io/leader": "2"}}},
            False,
        ),
    ],
)
def test_only_what_can_affect_routes_counts_as_a_change(
    store: Store, changed: Counter, before: dict[str, Any], after: dict[str, Any], affects: bool
) -> None:
    read(store, obj("a", **before))
    changed.since()
    store.put(DEPLOYMENTS, obj("a", **after))
    assert changed.since() == affects


def test_the_phase_of_a_pod_counts_as_a_change(store: Store, changed: Counter) -> None:
    read(store)
    store.put(PODS, obj("p", "Pod", status={"phase": "Running", "podIP": "10.0.0.1"}))
    changed.since()
    store.put(PODS, obj("p", "Pod", status={"phase": "Running", "podIP": "10.0.0.2"}))
    assert changed.since() == 0
    store.put(PODS, obj("p", "Pod", status={"phase": "Failed"}))
    assert changed.since() == 1


def test_a_feed_that_is_not_followed_any_more_has_no_objects(store: Store) -> None:
    read(store, obj("a"))
    store.follow([PODS])
    store.put(DEPLOYMENTS, obj("b"))
    assert names(store) == []
    store.follow([DEPLOYMENTS, PODS])
    assert store.view() is None


def test_a_feed_that_stays_need_not_be_read_again_even_if_it_is_empty(store: Store) -> None:
    read(store, obj("a"))
    store.follow([PODS, DEPLOYMENTS])
    assert names(store) == ["a"]
