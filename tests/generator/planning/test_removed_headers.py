"""Existing routes that lose a header which their clients send."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Carrier
from llmd_routes.model.gateways import Policy, Route
from llmd_routes.model.plan import Attachment
from llmd_routes.planning.removed_headers import removed_headers
from tests.generator.planning.collected import draft

READS = Carrier("in-gateway", "istio", 1024)
ISTIO = Attachment(Ref("ns", "Gateway", "gw"), "istio")
PARENT = {"name": "gw"}


def route(path: Any, *names: str, parent: Any = PARENT, hostnames: tuple[str, ...] = ()) -> Route:
    match = {"path": path, "headers": [{"name": name, "value": "v"} for name in names]}
    spec = {"parentRefs": [parent], "hostnames": list(hostnames), "rules": [{"matches": [match]}]}
    return Route(Ref("ns", "HTTPRoute", "r"), "ns", spec, None, None)


def facts(*routes: Route, carrier: Carrier = READS, attached: Attachment = ISTIO, **values: Any) -> list[str]:
    planned = draft(attached=[attached], carrier=carrier, foreign=list(routes), **values)
    return [notice.message for notice in removed_headers(planned)]


FACT = "rule 1 matches x-gateway-model-name, which Gateway ns/gw removes from the requests of clients"
ELSEWHERE = {"type": "PathPrefix", "value": "/llm/chat"}


@pytest.mark.parametrize(
    "path",
    [ELSEWHERE, {"value": "/"}, None, {"value": "/v11"}, {"type": "RegularExpression", "value": "/v1/.*"}],
)
def test_a_route_on_other_paths(path: Any) -> None:
    assert facts(route(path, "X-Gateway-Model-Name")) == [FACT]


@pytest.mark.parametrize("path", [{"value": "/v1"}, {"value": "/v1/"}, {"type": "Exact", "value": "/v1/completions"}])
def test_where_bodies_are_read_the_header_is_set_again(path: Any) -> None:
    assert facts(route(path, "x-gateway-model-name")) == []
    assert facts(route(path, "x-gateway-model-name"), hostnames=["a.example.com"]) == [FACT]
    assert facts(route(path, "x-gateway-model-name", hostnames=("a.example.com",)), hostnames=["a.example.com"]) == []


def test_routes_that_lose_nothing() -> None:
    kept = route(ELSEWHERE, "x-gateway-model-name")
    assert facts(route(ELSEWHERE, "x-model"), route(ELSEWHERE)) == []
    assert facts(kept, carrier=Carrier()) == []
    for parent in (
        {"name": "other"},
        {"name": "gw", "namespace": "far"},
        {"name": "gw", "kind": "Service", "group": ""},
    ):
        assert facts(route(ELSEWHERE, "x-gateway-model-name", parent=parent)) == []
    # GKE sends only the paths of the routes to the processor.
    assert facts(kept, attached=Attachment(ISTIO.ref, "gke"), carrier=Carrier("ext-proc", "gke", 1)) == []


def test_a_route_on_another_listener() -> None:
    other = route(ELSEWHERE, "x-gateway-model-name", parent={"name": "gw", "sectionName": "b"})
    assert facts(other, attached=Attachment(ISTIO.ref, "istio", section="a")) == [FACT]


def test_another_reader_sets_the_header_again() -> None:
    config = {
        "processing_mode": {"request_body_mode": "STREAMED"},
        "grpc_service": {"envoy_grpc": {"cluster_name": "outbound|9004||bbr.ns.svc.cluster.local"}},
    }
    value = {"name": "envoy.filters.http.ext_proc", "typed_config": config}
    spec = {
        "targetRefs": [{"kind": "Gateway", "name": "gw"}],
        "configPatches": [{"applyTo": "HTTP_FILTER", "patch": {"value": value}}],
    }
    reader = Policy(Ref("ns", "EnvoyFilter", "bbr"), ("gw",), None, spec)
    assert facts(route(ELSEWHERE, "x-gateway-model-name"), policies=[reader]) == []


def test_a_header_for_the_engine_is_kept_on_some_gateways() -> None:
    owner = route(ELSEWHERE, "x-owned-by")
    agentgateway = Attachment(ISTIO.ref, "agentgateway")
    assert facts(owner) == []
    assert facts(owner, attached=agentgateway) == [FACT.replace("x-gateway-model-name", "x-owned-by")]
