"""Stand-alone routers: the Service of the proxy beside an endpoint picker, or in a Deployment of its own."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import ServicePort
from tests.generator.objects import Obj, container, deployment, epp, service

PROXY = container("envoy-proxy", "envoyproxy/envoy:v1.33", ports=[{"name": "http-8081", "containerPort": 8081}])


def router(namespace: str = "ns") -> Obj:
    """Return an endpoint picker with its proxy in one pod."""
    made = epp("oak-epp", "--pool-name", "oak", labels={"llm-d-router-gateway": "oak-epp"}, namespace=namespace)
    made["spec"]["template"]["spec"]["containers"].insert(0, PROXY)
    return made


def test_a_proxy_beside_its_picker() -> None:
    front = service("oak-epp", {"llm-d-router-gateway": "oak-epp"})
    front["spec"]["ports"].append({"name": "http", "port": 80, "targetPort": 8081})
    (found,) = build_inventory([router(), front]).epps
    assert (found.router, found.port, found.service) == (ServicePort("ns", "oak-epp", 80), 9002, "oak-epp")


@pytest.mark.parametrize(
    ("label", "expected"), [("oak-proxy", ServicePort("ns", "oak-proxy", 8081)), ("elm-proxy", None)]
)
def test_a_proxy_with_a_deployment_of_its_own(label: str, expected: ServicePort | None) -> None:
    picker = epp("oak-epp", "--endpoint-selector=app=oak", labels={"llm-d-router-standalone": "oak-epp"})
    proxy = deployment(label, {"llm-d-router-proxy": label}, PROXY)
    front = service(label, {"llm-d-router-proxy": label}, port=8081)
    (found,) = build_inventory([picker, proxy, front]).epps
    assert found.router == expected


def test_a_service_of_another_namespace_reaches_no_proxy() -> None:
    front = service("oak-epp", {"llm-d-router-gateway": "oak-epp"}, port=8081, namespace="other")
    (found,) = build_inventory([router(), front]).epps
    assert found.router is None


def test_a_picker_without_a_proxy_is_no_router() -> None:
    (found,) = build_inventory(
        [epp("oak-epp", "--pool-name", "oak"), service("oak-epp", {"inferencepool": "oak-epp"}, 8081)]
    ).epps
    assert found.router is None
