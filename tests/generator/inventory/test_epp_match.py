"""Which endpoint picker belongs to which ModelService, and that nothing is guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.chart_values import ROUTER_VALUES
from llmd_routes.inventory.epp_match import assign, stem, waiting
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Epp, ModelService, Pool
from llmd_routes.names import POOL_V1
from tests.generator.objects import deployment, vllm

(SERVICE,) = build_inventory([deployment("x", {"a": "b"}, vllm("m"))]).services


def picker(pool: str, namespace: str = "ns", release: str | None = None) -> Epp:
    return Epp(Ref(namespace, "Deployment", f"{pool}-epp"), "s", 9002, pool, namespace, POOL_V1, True, release)


def service(name: str, namespace: str = "ns", release: str | None = None) -> ModelService:
    return replace(SERVICE, name=name, namespace=namespace, release=release, pool=None)


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("gaie-a-epp", "a"),
        ("ms-a", "a"),
        ("infra-a", "a"),
        ("a-pool", "a"),
        ("ms-a-llm-d-modelservice", "a"),
        ("-epp", "-epp"),
    ],
)
def test_stems(name: str, release: str) -> None:
    assert stem(name) == release


def test_pools_that_are_there_are_not_waited_for() -> None:
    there = Pool(
        Ref("ns", "InferencePool", "a"), "ns", POOL_V1, {}, (8000,), "s", 9002, "FailOpen", None, None, ROUTER_VALUES
    )
    assert waiting([picker("a"), picker("b")], [there]) == [picker("b")]
    assert waiting([picker("a")], [replace(there, group="other")]) == [picker("a")]


def test_names_of_a_release_tell() -> None:
    pickers = [picker("gaie-a"), picker("gaie-b")]
    assert assign(pickers, [service("ms-b"), service("ms-a")]) == {0: pickers[1], 1: pickers[0]}


def test_two_of_a_name_are_not_told_apart() -> None:
    assert assign([picker("gaie-a")], [service("ms-a"), service("infra-a")]) == {}


def test_what_is_left_alone_in_a_namespace_belongs_together() -> None:
    only = picker("p", "far")
    assert assign([only], [service("unlike", "far"), service("unlike", "ns")]) == {0: only}
    assert assign([only, picker("q", "far")], [service("unlike", "far")]) == {}
