"""Emitted policies of agentgateway give back how they read bodies, and what they answer."""

from __future__ import annotations

import pytest

from llmd_routes.gateways.agentgateway.body_readings import direct_response
from llmd_routes.inventory.build import build_inventory
from tests.generator.emitted import readings
from tests.generator.gateways.reading_back import (
    check_absent_service,
    check_edited,
    check_other_gateway,
    check_settings,
    made,
)


@pytest.mark.parametrize("kind", ["in-gateway", "ext-authz"])
def test_settings_are_read_back(kind: str) -> None:
    check_settings("agentgateway", kind, "AgentgatewayPolicy")
    check_other_gateway("agentgateway", kind)


def test_settings_of_an_absent_service_are_open() -> None:
    check_absent_service("agentgateway", "ext-authz", "AgentgatewayPolicy")


def test_settings_of_edited_expressions_are_open() -> None:
    check_edited("agentgateway")


def test_the_expressions_reject_nothing_and_read_no_forms() -> None:
    (reading,) = readings("agentgateway", made("agentgateway", "in-gateway"))
    assert (reading.rejects, reading.reads_forms) == (False, False)


@pytest.mark.parametrize("prefix", ["/", "/v1", "/a/v2"])
def test_prefixes_of_any_form_are_read_back(prefix: str) -> None:
    (reading,) = readings("agentgateway", made("agentgateway", "in-gateway", path_prefixes=(prefix,)))
    assert reading.settings is not None
    assert reading.settings.prefixes == (prefix,)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/v1/models", "GET", 200),
        ("/v1/models", "POST", 405),
        ("/v1/models/other", "GET", 404),
    ],
)
def test_policies_of_rules_answer(path: str, method: str, status: int) -> None:
    inventory = build_inventory(made("agentgateway", "in-gateway"))
    (route,) = inventory.routes
    (rule,) = (each for each in route.spec["rules"] if each.get("name", "").startswith("models"))
    found = direct_response(route, rule, inventory.policies, path, method)
    assert found is not None
    assert found.status == status


def test_rules_with_backends_have_no_answer() -> None:
    inventory = build_inventory(made("agentgateway", "in-gateway"))
    (route,) = inventory.routes
    rules = [rule for rule in route.spec["rules"] if rule.get("backendRefs")]
    assert rules
    assert [direct_response(route, rule, inventory.policies, "/v1", "POST") for rule in rules] == [None] * len(rules)
