"""Targets and names of existing policies."""

from __future__ import annotations

import pytest

from llmd_routes.gateways.implementation import Draft
from llmd_routes.gateways.policy_attachment import read_attached, taken_names
from llmd_routes.kube.index import Objects
from llmd_routes.kube.namespaces import Scope, read_namespaces
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import RouteSet
from tests.generator.objects import Obj


@pytest.mark.parametrize(
    ("spec", "targets"),
    [
        ({"targetRef": {"kind": "Gateway", "name": "gw"}}, ("Gateway/gw",)),
        ({"targetRefs": [{"kind": "Gateway", "name": "gw", "sectionName": "http"}]}, ("Gateway/gw/http",)),
        ({"targetSelectors": [{"kind": "Gateway", "matchLabels": {}}]}, ("Gateway/*",)),
        ({}, ()),
    ],
)
def test_targets(spec: Obj, targets: tuple[str, ...]) -> None:
    metadata = {"name": "p", "namespace": "ns", "labels": {"llmd-routes/instance": "a"}}
    obj = {"apiVersion": "example.com/v1", "kind": "Policy", "metadata": metadata, "spec": spec}
    objects = Objects((obj,), read_namespaces([obj], Scope(), []))
    (policy,) = read_attached(objects, "Policy", "example.com")
    assert (policy.ref, policy.targets, policy.instance) == (Ref("ns", "Policy", "p"), targets, "a")
    assert list(read_attached(objects, "Policy", "example.org")) == []


@pytest.mark.parametrize(("instance", "count"), [("a", 0), ("b", 1), (None, 1)])
def test_a_name_of_another_owner_is_taken(instance: str | None, count: int) -> None:
    ref = Ref("ns", "Policy", "p")
    draft = Draft(RouteSet("a", ()), policies=[Policy(ref, (), instance)])
    assert len(list(taken_names([ref, Ref("ns", "Policy", "q")], draft))) == count
