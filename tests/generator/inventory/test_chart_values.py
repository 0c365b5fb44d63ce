"""The values of the chart that makes an InferencePool, by the label of its endpoint picker."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import epp, pool, service

ROUTER = ("router.modelServers.matchLabels", "router.modelServers.targetPorts")
POOL_CHART = ("inferencePool.modelServers.matchLabels", "inferencePool.targetPorts")


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("llm-d-router-gateway", ROUTER),
        ("llm-d-router-standalone", ROUTER),
        ("inferencepool", POOL_CHART),
        # Charts of today are assumed.
        ("app", ROUTER),
    ],
)
def test_the_values_of_its_chart(label: str, values: tuple[str, str]) -> None:
    labels = {label: "p-epp"}
    picker = [epp("p-epp", "--pool-name", "p", labels=labels), service("p-epp", labels)]
    (found,) = build_inventory([pool("p", {"app": "p"}, 8000, epp="p-epp"), *picker]).pools
    assert found.values == values


def test_a_picker_that_is_not_in_the_input() -> None:
    (found,) = build_inventory([pool("p", {"app": "p"}, 8000, epp="p-epp")]).pools
    assert found.values == ROUTER
