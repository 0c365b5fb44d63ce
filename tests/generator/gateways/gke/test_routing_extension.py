"""How the load balancer calls the external processor, and what prevents it."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.gateways.gke.routing_extension import conditions_of
from llmd_routes.output.render import render
from tests.generator.objects import Obj, container, deployment, service

from .planned import planned, policy, printed

TO_GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}


def test_the_processor_serves_tls_and_its_health_is_checked() -> None:
    plan = planned(image="x")
    by_kind = {manifest.obj["kind"]: manifest.obj for manifest in render(plan) if "ext-proc" in manifest.text}
    service: Obj = dict(by_kind["Service"])
    assert service["spec"]["ports"][0]["appProtocol"] == "HTTP2"
    (container,) = dict(by_kind["Deployment"])["spec"]["template"]["spec"]["containers"]
    assert "--tls-self-signed" in container["args"]
    ingress = dict(by_kind["NetworkPolicy"])["spec"]["ingress"]
    assert ingress == [{"ports": [{"protocol": "TCP", "port": port}]} for port in ("ext-proc", "health")]


def test_without_an_image_nothing_is_called() -> None:
    assert printed(planned(), "GCPRoutingExtension") == []


@pytest.mark.parametrize(
    ("prefixes", "paths"),
    [
        (["/v1"], ["/v1"]),
        (["/v1", "/openai/v1", "/v1/chat"], ["/v1", "/openai/v1"]),
        (["/"], []),
        (["/v1", "/"], []),
        (["/it's"], []),
        (["/a b"], []),
        ([f"/{number}x" for number in range(11)], []),
        (["/" + "x" * 512], []),
    ],
)
def test_requests_to_other_paths_are_not_sent_to_it(prefixes: list[str], paths: list[str]) -> None:
    assert conditions_of(prefixes) == tuple(f"request.path.startsWith('{path}')" for path in paths)


def test_a_gateway_has_one_extension() -> None:
    with pytest.raises(PlanError) as caught:
        planned(policy("GCPRoutingExtension", TO_GATEWAY), image="x")
    assert [str(problem) for problem in caught.value.problems] == [
        "GCPRoutingExtension ns/own: applies to Gateway ns/gw, which can have only one GCPRoutingExtension;"
        " pass --body-to-header none, and set both headers there or in clients"
    ]
    assert planned(policy("GCPRoutingExtension", TO_GATEWAY)).routes
    assert planned(policy("GCPRoutingExtension", {**TO_GATEWAY, "name": "other"}), image="x").routes
    assert planned(policy("GCPRoutingExtension", TO_GATEWAY, "ns.gw", "ns.gw"), image="x").routes


def test_an_extension_of_a_payload_processor_can_be_used() -> None:
    chain = {"name": "c", "extensions": [{"name": "e", "backendRef": {"kind": "Service", "name": "ipp", "port": 9004}}]}
    objects = (
        deployment("ipp", {"app": "ipp"}, container("ipp", "example.com/bbr:1")),
        service("ipp", {"app": "ipp"}, 9004),
        policy("GCPRoutingExtension", TO_GATEWAY, extensionChains=[chain]),
    )
    with pytest.raises(PlanError, match="pass --body-to-header payload-processor to use its processor"):
        planned(*objects, image="x")
    plan = planned(*objects, body_to_header="payload-processor")
    assert [str(reader.policy) for reader in plan.carrier.readers] == ["GCPRoutingExtension ns/own"]
    assert not printed(plan, "GCPRoutingExtension")
    # Without an image nothing else could read bodies.
    assert planned(*objects).carrier.readers == plan.carrier.readers


def test_its_name_may_be_taken() -> None:
    with pytest.raises(PlanError, match=r"GCPRoutingExtension ns/ns\.gw: already exists"):
        planned(policy("GCPRoutingExtension", {**TO_GATEWAY, "name": "other"}, "ns.gw"), image="x")


def test_rules_have_no_patterns_no_timeouts_and_no_empty_backends() -> None:
    for options in ({}, {"image": "x"}, {"image": "x", "no_catch_all": True}):
        plan = planned(**options)
        for route in (manifest.obj for manifest in render(plan) if manifest.obj["kind"] == "HTTPRoute"):
            for rule in dict(route)["spec"]["rules"]:
                headers = [header["type"] for match in rule["matches"] for header in match.get("headers", ())]
                assert set(headers) <= {"Exact"} and rule["backendRefs"]
                assert not rule.keys() & {"timeouts", "filters"}
