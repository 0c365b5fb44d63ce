"""Emitted EnvoyFilters give back how they read bodies."""

from __future__ import annotations

import pytest

from tests.generator.emitted import readings
from tests.generator.gateways.reading_back import (
    check_absent_service,
    check_edited,
    check_other_gateway,
    check_settings,
    made,
)


@pytest.mark.parametrize("kind", ["in-gateway", "ext-proc", "ext-authz"])
def test_settings_are_read_back(kind: str) -> None:
    check_settings("istio", kind, "EnvoyFilter")
    check_other_gateway("istio", kind)


@pytest.mark.parametrize("kind", ["ext-proc", "ext-authz"])
def test_settings_of_an_absent_service_are_open(kind: str) -> None:
    check_absent_service("istio", kind, "EnvoyFilter")


def test_settings_of_an_edited_program_are_open() -> None:
    check_edited("istio")


def test_the_filter_answers_in_place_of_rules_without_backends() -> None:
    (reading,) = readings("istio", made("istio", "in-gateway"))
    assert reading.served is not None
    assert [(entry.id, entry.is_default) for entry in reading.served.of("m1")] == [("m1", False), ("m1", True)]
    assert (reading.responds, reading.routes) == (False, None)
