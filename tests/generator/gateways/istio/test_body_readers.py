"""EnvoyFilters of other tools that read request bodies."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.gateways.istio.body_readers import body_readers, other_body_readers
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref, dig
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.model.processors import PayloadProcessor
from tests.generator.objects import deployment, gateway, vllm
from tests.generator.planning.collected import draft

CLUSTER = "outbound|9004||router.ns.svc.cluster.local"
GATEWAY = Attachment(Ref("ns", "Gateway", "gw"), "istio")


def patch(
    mode: str = "FULL_DUPLEX_STREAMED", name: str = "envoy.filters.http.ext_proc", **match: Any
) -> dict[str, Any]:
    service = {"envoy_grpc": {"cluster_name": CLUSTER}}
    config = {"processing_mode": {"request_body_mode": mode}, "grpc_service": service}
    value = {"name": name, "typed_config": config}
    return {"applyTo": "HTTP_FILTER", "match": match, "patch": {"operation": "INSERT_FIRST", "value": value}}


def said(*patches: dict[str, Any], namespace: str = "istio-system", labels: Any = None, **spec: Any) -> list[str]:
    policy = {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "router", "namespace": namespace, "labels": labels or {}},
        "spec": {"configPatches": list(patches), **spec},
    }
    inventory = build_inventory([deployment("a", {"a": "b"}, vllm("m")), gateway(), policy])
    return [notice.message for notice in other_body_readers(GATEWAY, draft(policies=inventory.policies))]


FACT = "lets router.ns.svc.cluster.local read the request bodies of Gateway ns/gw, and llmd-routes reads them too"
SELECTED = {"workloadSelector": {"labels": {"gateway.networking.k8s.io/gateway-name": "gw"}}}
TARGETED = {"targetRefs": [{"kind": "Gateway", "name": "gw"}]}


def test_a_router_for_every_gateway() -> None:
    assert said(patch()) == [FACT]
    assert said(patch(context="GATEWAY"), namespace="ns") == [FACT]


@pytest.mark.parametrize("spec", [SELECTED, TARGETED])
def test_a_router_for_this_gateway(spec: dict[str, Any]) -> None:
    assert said(patch("BUFFERED"), namespace="ns", **spec) == [FACT]
    assert said(patch(), namespace="elsewhere", **spec) == []


@pytest.mark.parametrize(
    "patches",
    [
        [],
        [patch("NONE")],
        [patch(name="envoy.filters.http.lua")],
        [patch(context="SIDECAR_INBOUND")],
        [{**patch(), "applyTo": "CLUSTER"}],
        [{"applyTo": "HTTP_FILTER", "patch": "x"}],
    ],
)
def test_filters_that_read_no_bodies(patches: list[dict[str, Any]]) -> None:
    assert said(*patches) == []


def test_filters_for_other_gateways_and_of_llmd_routes() -> None:
    assert said(patch(), namespace="elsewhere") == []
    assert said(patch(), namespace="ns", workloadSelector={"labels": {"istio": "ingressgateway"}}) == []
    assert said(patch(), labels={"llmd-routes/instance": "other"}) == []


def test_a_known_payload_processor_can_be_used_instead() -> None:
    policy = {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "router", "namespace": "ns"},
        "spec": {"configPatches": [patch()], **TARGETED},
    }
    policies = build_inventory([deployment("a", {"a": "b"}, vllm("m")), gateway(), policy]).policies
    service = Ref("ns", "Service", "router")
    assert [one.service for one in body_readers(GATEWAY, policies)] == [service]
    processor = PayloadProcessor(Ref("ns", "Deployment", "router"), (service,), {}, "its chart")
    (notice,) = other_body_readers(GATEWAY, draft(policies=policies, processors=[processor]))
    assert notice.remedy.endswith("pass --body-to-header payload-processor")


@pytest.mark.parametrize(
    "host", ["router.example.com", "router", "router.ns.svcx.cluster.local", "an external processor"]
)
def test_other_hosts_are_no_services_of_the_cluster(host: str) -> None:
    filter_ = Policy(Ref("ns", "EnvoyFilter", "router"), ("gw",), None, {"configPatches": [patch()], **TARGETED})
    config = dig(filter_.spec, "configPatches")[0]["patch"]["value"]["typed_config"]
    config["grpc_service"]["envoy_grpc"]["cluster_name"] = f"outbound|9004||{host}"
    assert [one.service for one in body_readers(GATEWAY, [filter_])] == [None]
