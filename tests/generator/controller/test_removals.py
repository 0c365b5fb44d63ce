"""Which routes may be removed: at most half within a minute, and in the first pass none whose pods exist."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.controller.removals import (
    AT_ONCE,
    ModelRoute,
    Removed,
    Share,
    lost_routes,
    routes_of,
    share_of,
    unexplained,
)
from llmd_routes.kube.objects import Ref

POOL = "inference.networking.k8s.io"


def route(number: int) -> ModelRoute:
    return ModelRoute("llm", f"model-{number}", "vllm")


def routes(*numbers: int) -> frozenset[ModelRoute]:
    return frozenset(map(route, numbers))


@pytest.mark.parametrize(
    ("routed", "lost", "before", "refused"),
    [
        (10, 2, 0, False),
        (10, 5, 0, False),
        (10, 6, 0, True),
        (6, 2, 3, True),
        (1, 1, 0, True),
        (2, 1, 0, False),
        (1, 0, 1, False),
        (0, 0, 0, False),
    ],
)
def test_at_most_half_is_removed_within_a_minute(routed: int, lost: int, before: int, refused: bool) -> None:
    recent = [Removed(0.0, routes(*range(100, 100 + before)))]
    assert share_of(routes(*range(routed)), routes(*range(lost)), recent, 1.0).is_too_large is refused


def test_after_a_minute_earlier_removals_do_not_count() -> None:
    recent = [Removed(0.0, routes(8, 9, 10))]
    assert share_of(routes(0, 1, 2, 3), routes(0), recent, AT_ONCE - 1) == Share(4, 7)
    assert share_of(routes(0, 1, 2, 3), routes(0), recent, AT_ONCE) == Share(1, 4)


def test_a_route_that_was_removed_and_exists_again_does_not_count() -> None:
    assert share_of(routes(0, 1), routes(0), [Removed(0.0, routes(0, 1))], 1.0) == Share(1, 2)


def test_a_route_is_lost_with_its_pools_and_not_with_its_name() -> None:
    a, b = (frozenset({Ref("llm", "InferencePool", name)}) for name in "ab")
    assert lost_routes({route(1): a, route(2): b}, {route(3): a}) == routes(2)
    assert lost_routes({route(1): a, route(2): b}, {route(1): b, route(2): b}) == routes()


@given(st.sets(st.integers(0, 30), min_size=1), st.lists(st.sets(st.integers(0, 30)), max_size=8))
def test_removals_in_steps_never_exceed_half_of_the_routes(start: set[int], steps: list[set[int]]) -> None:
    present, recent = set(start), list[Removed]()
    for step in steps:
        lost = routes(*(step & present))
        if not share_of(routes(*present), lost, recent, 1.0).is_too_large:
            present -= step
            recent.append(Removed(1.0, lost))
    assert 2 * len(present) >= len(start)


def match(model: str | None, engine: str | None) -> dict[str, Any]:
    headers = [{"name": "X-Gateway-Model-Name", "value": model}] if model else []
    headers += [{"name": "x-owned-by", "value": engine}] if engine else []
    return {"headers": headers}


def http_route(*rules: tuple[str, list[dict[str, Any]]], namespace: str = "llm") -> dict[str, Any]:
    listed = [{"matches": matches, "backendRefs": [{"group": POOL, "name": pool}]} for pool, matches in rules]
    return {"kind": "HTTPRoute", "metadata": {"name": "r", "namespace": namespace}, "spec": {"rules": listed}}


def test_routes_are_pairs_of_a_model_and_an_engine_with_their_pools() -> None:
    obj = http_route(
        ("a", [match("m", "vllm"), match("n", "vllm")]),
        ("b", [match("m", "default"), match("m", None), match(None, None)]),
    )
    assert routes_of([obj, {"kind": "Service"}]) == {
        ModelRoute("llm", "m", "vllm"): {Ref("llm", "InferencePool", "a")},
        ModelRoute("llm", "n", "vllm"): {Ref("llm", "InferencePool", "a")},
    }


def pod(namespace: str = "llm", deleted: bool = False, **labels: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "p", "namespace": namespace, "labels": labels}
    return {"kind": "Pod", "metadata": metadata | ({"deletionTimestamp": "now"} if deleted else {})}


def pool(selector: Any, version: str = f"{POOL}/v1") -> dict[str, Any]:
    metadata = {"name": "a", "namespace": "llm"}
    return {"apiVersion": version, "kind": "InferencePool", "metadata": metadata, "spec": {"selector": selector}}


@pytest.mark.parametrize(
    ("selector", "version"),
    [({"matchLabels": {"app": "x"}}, f"{POOL}/v1"), ({"app": "x"}, "inference.networking.x-k8s.io/v1alpha2")],
)
def test_a_route_whose_pool_selects_a_pod_is_unexplained(selector: Any, version: str) -> None:
    lost = {route(1): frozenset({Ref("llm", "InferencePool", "a")})}
    pools = [pool(selector, version)]
    assert unexplained(lost, pools, [pod(app="x", more="y")]) == [route(1)]
    for others in ([], [pod(app="z")], [pod("other", app="x")], [pod(deleted=True, app="x")]):
        assert unexplained(lost, pools, others) == []
    assert unexplained(lost, [], [pod(app="x")]) == []
