"""Emitted policies of Envoy Gateway give back how they read bodies, and what filters answer."""

from __future__ import annotations

import pytest

from llmd_routes.gateways.envoy_gateway.body_readings import direct_response
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Policy, Route
from llmd_routes_sidecar.answers import Answer
from tests.generator.emitted import readings
from tests.generator.gateways.reading_back import check_absent_service, check_edited, check_settings, made

POLICY = {"in-gateway": "EnvoyExtensionPolicy", "ext-proc": "EnvoyExtensionPolicy", "ext-authz": "SecurityPolicy"}


@pytest.mark.parametrize("kind", POLICY)
def test_settings_are_read_back_without_the_hosts_that_routes_decide(kind: str) -> None:
    check_settings("envoy-gateway", kind, POLICY[kind], hosts=())


@pytest.mark.parametrize("kind", ["ext-proc", "ext-authz"])
def test_settings_of_an_absent_service_are_open(kind: str) -> None:
    check_absent_service("envoy-gateway", kind, POLICY[kind])


def test_settings_of_an_edited_program_are_open() -> None:
    check_edited("envoy-gateway")


def test_a_policy_runs_for_its_routes_and_answers_by_itself() -> None:
    (reading,) = readings("envoy-gateway", made("envoy-gateway", "in-gateway"))
    assert reading.routes == frozenset((Ref("ns", "HTTPRoute", "x"),))
    assert reading.responds
    assert reading.served is not None
    assert len(reading.served.entries) == 4


def test_a_filter_answers_in_place_of_a_backend() -> None:
    spec = {"directResponse": {"statusCode": 404, "body": {"type": "Inline", "inline": "no"}}}
    policies = [Policy(Ref("ns", "HTTPRouteFilter", "f"), (), None, spec)]
    route = Route(Ref("ns", "HTTPRoute", "r"), "ns", {}, None, None)
    rule = {"filters": [{"type": "ExtensionRef", "extensionRef": {"kind": "HTTPRouteFilter", "name": "f"}}]}
    assert direct_response(route, rule, policies) == Answer(404, "no")
    assert direct_response(route, {"filters": [{"type": "ExtensionRef"}]}, policies) is None
    assert direct_response(route, rule, []) is None
