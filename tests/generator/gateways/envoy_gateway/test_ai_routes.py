"""AIGatewayRoutes on the Gateway of the routes."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.gateways.envoy_gateway.ai_routes import body_readers
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.plan import Attachment
from llmd_routes.output.discovery import describe
from tests.generator.objects import Obj, gateway

from .planned import planned, policy


def ai_route(version: str = "v1beta1", **spec: Any) -> Obj:
    return {
        "apiVersion": f"aigateway.envoyproxy.io/{version}",
        "kind": "AIGatewayRoute",
        "metadata": {"name": "models", "namespace": "ns"},
        "spec": spec,
    }


def found(*objects: Obj) -> list[str]:
    return [
        one.object for one in planned(*objects, hostnames=("a.example.com",)).notices if one.code == "second-reader"
    ]


@pytest.mark.parametrize(
    ("version", "spec", "is_there"),
    [
        ("v1beta1", {"parentRefs": [{"name": "gw"}]}, True),
        ("v1alpha1", {"targetRefs": [{"name": "gw", "kind": "Gateway", "group": "gateway.networking.k8s.io"}]}, True),
        ("v1beta1", {"parentRefs": [{"name": "gw", "namespace": "far"}]}, False),
        ("v1beta1", {"parentRefs": [{"name": "other"}]}, False),
        ("v1beta1", {}, False),
    ],
)
def test_a_route_that_reads_bodies_itself(version: str, spec: Obj, is_there: bool) -> None:
    assert found(ai_route(version, **spec)) == (["AIGatewayRoute ns/models"] if is_there else [])


def test_what_reads_bodies_on_a_gateway() -> None:
    to_gateway = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}
    objects = [
        ai_route(parentRefs=[{"name": "gw"}]),
        policy("EnvoyExtensionPolicy", "own", to_gateway, lua=[]),
        policy("EnvoyExtensionPolicy", "other", {**to_gateway, "kind": "HTTPRoute"}, lua=[]),
    ]
    inventory = build_inventory([*objects, gateway(gateway_class="eg")])
    readers = body_readers(Attachment(Ref("ns", "Gateway", "gw"), "envoy-gateway"), inventory.policies)
    assert sorted(reader.policy.name for reader in readers) == ["models", "own"]
    (shown,) = describe(inventory).gateways
    assert shown.body_readers == ["AIGatewayRoute/ns/models", "EnvoyExtensionPolicy/ns/own"]


def test_its_generated_route_is_judged_instead_if_it_is_in_the_input() -> None:
    generated = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "models", "namespace": "ns"},
        "spec": {"parentRefs": [{"name": "gw"}], "hostnames": ["b.example.com"], "rules": [{}]},
    }
    assert found(ai_route(parentRefs=[{"name": "gw"}]), generated) == []
