"""Emitted extensions give back how they read bodies."""

from __future__ import annotations

from tests.generator.gateways.reading_back import check_absent_service, check_other_gateway, check_settings


def test_settings_are_read_back() -> None:
    check_settings("gke", "ext-proc", "GCPRoutingExtension")
    check_other_gateway("gke", "ext-proc")


def test_settings_of_an_absent_service_are_open() -> None:
    check_absent_service("gke", "ext-proc", "GCPRoutingExtension")
