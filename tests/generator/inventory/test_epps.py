"""Endpoint pickers that are there, and what they watch."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    epp,
    service,
)


@pytest.mark.parametrize(
    "labels",
    [{"inferencepool": "p-epp"}, {"app": "my-epp"}, {"llm-d-router-gateway": "p-epp"}, {"llm-d.ai/epp": "p-epp"}],
)
def test_endpoint_pickers_are_no_model_servers(labels: dict[str, str]) -> None:
    inventory = build_inventory(
        [epp("p-epp", "--pool-name", "p", "--pool-namespace", "ns", labels=labels), service("p-epp", labels)]
    )
    assert not inventory.services
    assert [(e.pool_name, e.service, e.group, e.tls) for e in inventory.epps] == [
        ("p", "p-epp", "inference.networking.k8s.io", True)
    ]
    assert [s.name for s in inventory.epp_services] == ["p-epp"]


def test_camel_case_flags_mean_the_alpha_api() -> None:
    inventory = build_inventory(
        [epp("p-epp", "--poolName", "p", "--poolNamespace", "default", "--secureServing=false")]
    )
    assert [(e.pool_name, e.pool_namespace, e.group, e.tls) for e in inventory.epps] == [
        ("p", "default", "inference.networking.x-k8s.io", False)
    ]
