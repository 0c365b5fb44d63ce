"""Filters that answer requests without a route."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.kube.objects import Ref
from llmd_routes.output.render import render
from tests.generator.objects import pool

from .planned import planned, policy, printed

POOL = pool("oak", {"app": "oak"}, 8000)


@pytest.mark.parametrize("body_to_header", ["auto", "none"])
def test_a_filter_answers_404(body_to_header: str) -> None:
    plan = planned(POOL, backend="auto", body_to_header=body_to_header)
    assert [each.ref for each in printed(plan, "HTTPRouteFilter")] == [Ref("ns", "HTTPRouteFilter", "ns.gw")]
    (emitted,) = (manifest.obj for manifest in render(plan) if manifest.obj["kind"] == "HTTPRouteFilter")
    answer = emitted["spec"]["directResponse"]
    assert (answer["statusCode"], answer["contentType"]) == (404, "application/json")
    assert '"code": "route_not_found"' in answer["body"]["inline"]


def test_services_need_none() -> None:
    assert not printed(planned(), "HTTPRouteFilter")


def test_an_existing_filter_is_not_overwritten() -> None:
    with pytest.raises(PlanError) as caught:
        planned(POOL, policy("HTTPRouteFilter", "ns.gw"), backend="auto")
    assert [str(problem) for problem in caught.value.problems] == [
        "HTTPRouteFilter ns/ns.gw: already exists and belongs to another instance; pass another --instance"
    ]
