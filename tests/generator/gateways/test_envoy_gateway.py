"""Envoy Gateway routes to InferencePools only with the AI Gateway extension."""

from __future__ import annotations

import pytest

from llmd_routes.gateways.envoy_gateway import ENVOY_GATEWAY
from llmd_routes.model.inventory import Platform

OWN, EXTENSION = "backends.gateway.envoyproxy.io", "aigatewayroutes.aigateway.envoyproxy.io"


@pytest.mark.parametrize(
    ("crds", "has_pools"),
    [
        ((), True),
        (("inferencepools.inference.networking.k8s.io",), True),
        ((OWN, EXTENSION), True),
        ((OWN,), False),
    ],
)
def test_the_crds_of_the_extension_decide(crds: tuple[str, ...], has_pools: bool) -> None:
    why = ENVOY_GATEWAY.why_poolless(Platform(crds=frozenset(crds)))
    assert (why is None) is has_pools
