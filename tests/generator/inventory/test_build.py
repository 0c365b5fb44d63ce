"""None"""

from __future__ import annotations

import random

import pytest

from llmd_routes.errors import InputError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.output.discovery import describe
from tests.generator.objects import (
    deployment,
    epp,
    gateway,
    pool,
    service,
    vllm,
)
from tests.generator.scenes import GUIDE


def test_namespaces_of_objects_without_one() -> None:
    bare = deployment("a", GUIDE, vllm("m"), namespace=None)
    assumed = build_inventory([bare, pool("p", {"llm-d.ai/guide": "g"}, 8000, namespace="llm")])
    assert (assumed.assumed_namespace, assumed.services[0].namespace, assumed.services[0].own_namespace) == (
        "llm",
        "llm",
        None,
    )
    assert assumed.services[0].pool is not None
    given = build_inventory([bare], Scope(("mine",)))
    assert given.services[0].namespace == "mine"
    unknown = build_inventory([bare, gateway(namespace="x"), gateway(namespace="y")])
    assert (unknown.assumed_namespace, unknown.services[0].namespace) == (None, "")
    with pytest.raises(InputError, match="Deployment a"):
        build_inventory([bare], Scope(("one", "two")))


def test_services_of_other_namespaces_are_left_out_with_their_notices() -> None:
    objects = [deployment("a", {}, vllm("m")), deployment("b", GUIDE, vllm("m"), namespace="other")]
    inventory = build_inventory(objects, Scope(("other",)))
    assert [s.name for s in inventory.services] == ["b"]
    assert not inventory.notices


def test_order_of_input_does_not_matter() -> None:
    objects = [
        deployment(f"s{i}-{role}", {**GUIDE, "app": f"s{i}", "llm-d.ai/role": role}, vllm(f"m{i}"))
        for i in range(4)
        for role in ("decode", "prefill")
    ]
    objects += [
        pool("p", GUIDE, 8000),
        epp("p-epp", "--pool-name", "p"),
        service("p-epp", {"inferencepool": "p-epp"}),
        gateway(),
    ]
    first = describe(build_inventory(objects))
    for seed in range(5):
        random.Random(seed).shuffle(objects)
        assert describe(build_inventory(objects)) == first


def test_nulls_anywhere_are_no_trouble() -> None:
    hollow = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a", "labels": None, "annotations": None},
        "spec": None,
    }
    inventory = build_inventory([hollow, deployment("b", GUIDE, vllm("m", env=None, ports=None))])
    assert [s.name for s in inventory.services] == ["b"]
