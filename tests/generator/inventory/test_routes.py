"""HTTPRoutes: what they lead to, and whether they take everything."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.routes import pools_of, read_routes, takes_all
from llmd_routes.kube.objects import Ref, namespace_of
from llmd_routes.model.inventory import Route


def route(*rules: dict[str, Any], **labels: str) -> Route:
    metadata = {"name": "r", "namespace": "ns", "labels": labels}
    spec = {"rules": list(rules)}
    obj = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}
    (found,) = read_routes([obj, {**obj, "apiVersion": "example.com/v1"}], lambda one: namespace_of(one) or "")
    return found


def test_who_made_it() -> None:
    found = route(**{"llmd-routes/instance": "i", "app.kubernetes.io/managed-by": "Helm"})
    assert (found.instance, found.managed_by, found.own_namespace) == ("i", "Helm", "ns")


def test_pools_of_any_namespace_and_no_services() -> None:
    backends = [
        {"kind": "InferencePool", "name": "a"},
        {"kind": "InferencePool", "name": "b", "namespace": "far"},
        {"name": "s"},
    ]
    assert pools_of(route({"backendRefs": backends}, {})) == {
        Ref("ns", "InferencePool", "a"),
        Ref("far", "InferencePool", "b"),
    }


@pytest.mark.parametrize(
    ("rules", "all_of_them"),
    [
        ([], True),
        ([{}], True),
        ([{"matches": []}], True),
        ([{"matches": [{"path": {"value": "/"}}]}], True),
        ([{"matches": [{"path": {"value": "/v1"}}]}], False),
        ([{"matches": [{"path": {"type": "Exact", "value": "/"}}]}], False),
        ([{"matches": [{"headers": [{"name": "x", "value": "y"}]}]}], False),
        ([{"matches": [{"method": "GET"}]}, {"matches": [{"path": {"value": "/"}}]}], True),
    ],
)
def test_routes_that_take_every_request(rules: list[dict[str, Any]], all_of_them: bool) -> None:
    assert takes_all(route(*rules)) is all_of_them
