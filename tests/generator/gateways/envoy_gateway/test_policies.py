"""Existing policies with their targets."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import Obj

from .planned import planned, policy, printed


@pytest.mark.parametrize(
    ("spec", "targets"),
    [
        ({"targetRef": {"kind": "Gateway", "name": "gw"}}, ("Gateway/gw",)),
        ({"targetRefs": [{"kind": "Gateway", "name": "gw", "sectionName": "http"}]}, ("Gateway/gw/http",)),
        ({"targetRefs": [{"kind": "HTTPRoute", "name": "a"}] * 2}, ("HTTPRoute/a",)),
        ({"targetSelectors": [{"kind": "Gateway", "matchLabels": {"a": "b"}}]}, ("Gateway/*",)),
        ({}, ()),
    ],
)
@pytest.mark.parametrize("kind", ["ClientTrafficPolicy", "EnvoyExtensionPolicy", "SecurityPolicy"])
def test_targets(kind: str, spec: Obj, targets: tuple[str, ...]) -> None:
    obj = policy(kind, "p")
    obj["spec"] = spec
    (found,) = (each for each in build_inventory([obj]).policies if each.ref.kind == kind)
    assert (found.ref.name, found.targets, found.instance) == ("p", targets, None)


def test_the_objects_of_this_instance_are_no_conflict() -> None:
    headers = {"earlyRequestHeaders": {"remove": ["x-gateway-model-name"]}}
    target = {"kind": "Gateway", "name": "gw"}
    mine = policy("ClientTrafficPolicy", "ns.gw", target, connection={"bufferLimit": "4096Ki"}, headers=headers)
    mine["metadata"]["labels"] = {"llmd-routes/instance": "ns.gw"}
    plan = planned(mine)
    assert {notice.code for notice in plan.notices} == {"without-picker"}
    # It is emitted again: what is missing from the output is pruned.
    assert printed(plan, "ClientTrafficPolicy")
