"""Rules with names, by which istio finds the wrong endpoint picker."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.gateways.istio.rule_names import named_rules
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Route

POOL = {"kind": "InferencePool", "name": "p"}


@pytest.mark.parametrize(
    ("rules", "numbers"),
    [
        ([{"name": "a", "backendRefs": [POOL]}, {"name": "b", "backendRefs": [{"kind": "Service"}]}], [1]),
        ([{"backendRefs": [POOL]}, {"name": "b", "backendRefs": [POOL]}], [2]),
        ([{"name": "a"}], []),
    ],
)
def test_named_rules_that_lead_to_pools(rules: list[dict[str, Any]], numbers: list[int]) -> None:
    found = list(named_rules(Route(Ref("ns", "HTTPRoute", "r"), "ns", {"rules": rules}, None, None)))
    assert [notice.message.split(" has")[0] for notice in found] == [f"rule {number}" for number in numbers]
    assert all(f"/spec/rules/{number - 1}/name" in notice.remedy for notice, number in zip(found, numbers, strict=True))
