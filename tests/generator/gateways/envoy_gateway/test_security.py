"""SecurityPolicies on generated routes."""

from __future__ import annotations

import pytest

from tests.generator.objects import Obj

from .planned import planned, policy

ROUTE = {"kind": "HTTPRoute", "name": "ns.gw"}


@pytest.mark.parametrize(
    ("target", "count"),
    [
        (ROUTE, 1),
        ({**ROUTE, "sectionName": "rule"}, 1),
        ({"kind": "HTTPRoute", "name": "app"}, 0),
        ({"kind": "Gateway", "name": "gw"}, 0),
    ],
)
def test_requests_skip_the_policy_of_a_route(target: Obj, count: int) -> None:
    notices = planned(policy("SecurityPolicy", "keys", target)).notices
    found = [notice for notice in notices if notice.code == "security-skipped"]
    assert [notice.object for notice in found] == ["SecurityPolicy ns/keys"] * count


def test_no_request_skips_it_if_bodies_are_not_read() -> None:
    notices = planned(policy("SecurityPolicy", "keys", ROUTE), body_to_header="none").notices
    assert "security-skipped" not in {notice.code for notice in notices}
