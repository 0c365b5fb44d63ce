"""HTTPRoutes: what they lead to, and whether they take everything."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.routes import catch_all_of, pools_of, read_routes
from llmd_routes.kube.objects import Ref, namespace_of
from llmd_routes.model.gateways import Route


def route(*rules: dict[str, Any], **labels: str) -> Route:
    metadata = {"name": "r", "namespace": "ns", "labels": labels}
    spec = {"rules": list(rules)}
    obj = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}
    (found,) = read_routes([obj, {**obj, "apiVersion": "example.com/v1"}], lambda one: namespace_of(one) or "")
    return found


def test_who_made_it() -> None:
    found = route(**{"llmd-routes/instance": "i", "app.kubernetes.io/managed-by": "Helm"})
    assert (found.instance, found.own_namespace) == ("i", "ns")
    assert found.place_of(0, "name") == "name of rule 1 in instance i of llmd-routes"
    assert route().place_of(1, "matches") == "spec.rules[1].matches of HTTPRoute ns/r"


def test_the_field_of_a_resource_that_makes_routes() -> None:
    owner = {"kind": "LLMInferenceService", "name": "chat", "controller": True}
    metadata = {"name": "r", "namespace": "ns", "ownerReferences": [owner]}
    obj = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata}
    (found,) = read_routes([obj], lambda one: namespace_of(one) or "")
    assert found.origin == "spec.router.route of LLMInferenceService chat"


def test_pools_of_any_namespace_and_no_services() -> None:
    backends = [
        {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "a"},
        {"group": "inference.networking.x-k8s.io", "kind": "InferencePool", "name": "b", "namespace": "far"},
        {"kind": "InferencePool", "name": "of the core group"},
        {"name": "s"},
    ]
    assert pools_of(route({"backendRefs": backends}, {})) == {
        Ref("ns", "InferencePool", "a"),
        Ref("far", "InferencePool", "b"),
    }


@pytest.mark.parametrize(
    ("rules", "number"),
    [
        ([], 0),
        ([{}], 0),
        ([{"matches": []}], 0),
        ([{"matches": [{"path": {"value": "/"}}]}], 0),
        ([{"matches": [{"path": {"value": "/v1"}}]}], None),
        ([{"matches": [{"path": {"type": "Exact", "value": "/"}}]}], None),
        ([{"matches": [{"headers": [{"name": "x", "value": "y"}]}]}], None),
        ([{"matches": [{"method": "GET"}]}, {"matches": [{"path": {"value": "/"}}]}], 1),
    ],
)
def test_the_first_rule_that_matches_every_request(rules: list[dict[str, Any]], number: int | None) -> None:
    assert catch_all_of(route(*rules)) == number
