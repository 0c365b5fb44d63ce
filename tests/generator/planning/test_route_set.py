"""What all routes of a run share."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from llmd_routes.planning.route_set import plan_route_set
from tests.generator.objects import gateway
from tests.generator.options import to_options
from tests.generator.planning.collected import collected


def test_name_gateways_paths_and_hosts() -> None:
    inventory = build_inventory([gateway("a"), gateway("b")])
    asked = to_options(gateways=("b", "a"), instance="mine", path_prefixes=("/v1/", "/"), hostnames=("h.x",))
    found, problems = collected(plan_route_set, inventory, asked)
    assert problems == []
    assert (found.instance, found.prefixes, found.hostnames) == ("mine", ("/v1", "/"), ("h.x",))
    assert [each.ref.name for each in found.attachments] == ["b", "a"]


def test_without_a_gateway_there_is_no_name() -> None:
    found, problems = collected(plan_route_set, build_inventory([]), to_options())
    assert (found.instance, found.attachments, len(problems)) == ("", (), 1)
