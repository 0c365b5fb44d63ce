"""References of routes to pools in other namespaces, and what permits them."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import Obj, gateway, pool

V1, OLD = "inference.networking.k8s.io", "inference.networking.x-k8s.io"


def route(namespace: str) -> Obj:
    backend = {"group": V1, "kind": "InferencePool", "name": "p", "namespace": "pools"}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "r", "namespace": namespace},
        "spec": {"parentRefs": [{"name": "gw", "namespace": "ns"}], "rules": [{"backendRefs": [backend]}]},
    }


def grant(namespace: str = "pools", source: str = "apps", kind: str = "HTTPRoute", **target: Any) -> Obj:
    to = {"group": V1, "kind": "InferencePool", **target}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "g", "namespace": namespace},
        "spec": {"from": [{"group": "gateway.networking.k8s.io", "kind": kind, "namespace": source}], "to": [to]},
    }


def codes(*objects: Obj) -> list[str]:
    notices = build_inventory([pool("p", {"app": "a"}, 8000, namespace="pools"), gateway(), *objects]).notices
    return [notice.remedy for notice in notices if notice.code == "backend-unresolved"]


@pytest.mark.parametrize("permitted", [[route("pools")], [route("apps"), grant()], [route("apps"), grant(name="p")]])
def test_references_that_are_permitted(permitted: list[Obj]) -> None:
    assert codes(*permitted) == []


@pytest.mark.parametrize(
    "grants",
    [
        [],
        [grant(namespace="apps")],
        [grant(source="other")],
        [grant(kind="GRPCRoute")],
        [grant(name="q")],
        [grant(group=OLD)],
        [grant(group="")],
    ],
)
def test_references_that_are_not(grants: list[Obj]) -> None:
    assert codes(route("apps"), *grants) == ["add a ReferenceGrant for HTTPRoutes of apps to pools"]
