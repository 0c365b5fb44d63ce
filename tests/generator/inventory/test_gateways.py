"""Gateways with their listeners and what runs them."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.gateways import read_gateways
from llmd_routes.kube.objects import namespace_of
from llmd_routes.model.gateways import Listener
from tests.generator.objects import Obj, gateway


def read(*objects: Obj) -> list[Any]:
    return list(read_gateways(objects, lambda obj: namespace_of(obj) or "", []))


def gateway_class(name: str, controller: str) -> Obj:
    spec = {"controllerName": controller}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": name},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("objects", "implementation"),
    [
        ([], "istio"),
        ([gateway_class("istio", "agentgateway.dev/agentgateway")], "agentgateway"),
        ([gateway_class("istio", "example.com/unknown")], None),
        ([gateway_class("other", "agentgateway.dev/agentgateway")], "istio"),
    ],
)
def test_the_controller_of_its_class_counts_then_the_name(objects: list[Obj], implementation: str | None) -> None:
    (found,) = read(gateway(), *objects)
    assert (found.implementation, found.gateway_class) == (implementation, "istio")


def test_listeners_keep_their_order_and_have_the_defaults_of_the_api() -> None:
    made = gateway()
    selector = {"matchLabels": {"a": "b"}}
    allowed = {"namespaces": {"from": "Selector", "selector": selector}, "kinds": [{"kind": "HTTPRoute"}]}
    made["spec"]["listeners"] = [
        {"name": "z", "port": 443, "protocol": "HTTPS", "hostname": "*.x", "allowedRoutes": allowed},
        {"name": "a", "port": "80", "protocol": "HTTP"},
        None,
    ]
    (found,) = read(made)
    assert found.listeners == (
        Listener("z", 443, "HTTPS", "*.x", "Selector", selector, ("HTTPRoute",)),
        Listener("a", 80, "HTTP", None, "Same"),
    )


def test_gateways_are_sorted() -> None:
    assert [str(each.ref) for each in read(gateway("b"), gateway("a"), gateway("a", namespace="m"))] == [
        "Gateway m/a",
        "Gateway ns/a",
        "Gateway ns/b",
    ]
