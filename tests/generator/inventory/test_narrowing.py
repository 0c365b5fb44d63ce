"""An inventory of single ModelServices."""

from __future__ import annotations

import pytest

from llmd_routes.errors import NothingToRoute
from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.narrowing import narrow, select
from llmd_routes.kube.label_selectors import parse_selector
from llmd_routes.kube.objects import Ref
from tests.generator.objects import deployment, vllm

A, B = deployment("a", {"app": "a"}, vllm("m")), deployment("b", {"app": "b"}, vllm("n"))


def test_objects_by_their_own_labels() -> None:
    A["metadata"]["labels"] = {"team": "x"}
    bare = {"kind": "Service", "metadata": {"name": "s"}}
    assert select([A, B, bare], parse_selector("team=x")) == {Ref("ns", "Deployment", "a")}
    assert select([A, B, bare], parse_selector("!team")) == {Ref("ns", "Deployment", "b"), Ref("", "Service", "s")}


@pytest.mark.parametrize("namespace", ["ns", ""])
def test_the_others_are_apart(namespace: str) -> None:
    inventory, others = narrow(build_inventory([A, B]), {Ref(namespace, "Deployment", "a")})
    assert [service.name for service in inventory.services] == ["a"]
    assert [service.name for service in others] == ["b"]


def test_none_is_an_error() -> None:
    with pytest.raises(NothingToRoute):
        narrow(build_inventory([A, B]), {Ref("other", "Deployment", "a")})
