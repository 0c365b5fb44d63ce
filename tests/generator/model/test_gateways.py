"""Where a route is changed, and the order of releases."""

from __future__ import annotations

import pytest

from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Route, Version


@pytest.mark.parametrize(
    ("origin", "place"),
    [
        (None, "spec.rules[1].matches of HTTPRoute ns/r"),
        ("the values of Helm release oak", "matches of rule 2 in the values of Helm release oak"),
    ],
)
def test_the_place_to_change_a_rule(origin: str | None, place: str) -> None:
    assert Route(Ref("ns", "HTTPRoute", "r"), "ns", {}, origin, None).place_of(1, "matches") == place


def test_releases_are_in_order_of_numbers() -> None:
    assert sorted([Version(1, 10), Version(1, 9, 3), Version(1, 9)]) == [(1, 9, 0), (1, 9, 3), (1, 10, 0)]
    assert str(Version(1, 9)) == "1.9.0"
