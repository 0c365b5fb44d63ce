"""The pods that read bodies for a Gateway: their names, their memory, and what no such pod can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmd_routes.gateways.body_processor import (
    MOST_ASKED,
    memory_of,
    plan_processor,
    processor_note,
    processor_objects,
    processor_problems,
)
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Carrier, Protocol
from llmd_routes.model.plan import Attachment, RouteSet
from llmd_routes_sidecar.extraction import Settings
from tests.generator.options import to_options

FIRST = Attachment(Ref("ns", "Gateway", "gw"), "istio")
SECOND = replace(FIRST, ref=Ref("far", "Gateway", "gw"))
ROUTES = RouteSet("routes", (FIRST, SECOND))
HTTP = Carrier("ext-authz", "because", 4 * 1024**2)


def carrier(limit: int) -> Carrier:
    return Carrier("ext-proc", "", limit)


def test_each_gateway_has_pods_of_its_own_beside_it() -> None:
    made = [plan_processor(one, ROUTES, carrier(1024), to_options(image="x")) for one in ROUTES.attachments]
    assert [one.ref for one in made] == [
        Ref("ns", "Deployment", "ext-proc-routes"),
        Ref("far", "Deployment", "ext-proc-routes-2"),
    ]
    assert [one.service.port for one in made] == [9004, 9004]


def test_a_service_over_http_has_another_name_another_port_and_less_memory() -> None:
    large, small = (plan_processor(FIRST, ROUTES, each, to_options(image="x")) for each in (carrier(8), HTTP))
    assert (small.ref.name, small.service.port, small.reason) == ("ext-authz-routes", 9003, "because")
    settings = Settings(body_limit=HTTP.body_limit or 0)
    assert memory_of(settings, small) < memory_of(settings, large) / 3


@pytest.mark.parametrize(("protocol", "how"), [("ext-proc", "calls,"), ("ext-authz", "calls over HTTP,")])
def test_the_report_says_how_the_service_is_asked_or_why(protocol: Protocol, how: str) -> None:
    processor = plan_processor(FIRST, ROUTES, Carrier(protocol, "", 1024), to_options(image="x"))
    filter_ref = Ref("ns", "EnvoyFilter", "f")
    assert how in processor_note(filter_ref, Settings(), processor)
    note = processor_note(filter_ref, Settings(), replace(processor, reason="over HTTP, because it can be"))
    assert note.endswith(" of memory; over HTTP, because it can be") and "calls," in note


@pytest.mark.parametrize(("limit", "said", "held"), [(1024, None, 2**28), (2**29, None, 2**29), (1024, "1Gi", 2**30)])
def test_it_holds_the_largest_body_at_least(limit: int, said: str | None, held: int) -> None:
    assert plan_processor(FIRST, ROUTES, carrier(limit), to_options(image="x", held_limit=said)).held == held


def test_memory_grows_with_what_is_held_and_with_one_body() -> None:
    processor = plan_processor(FIRST, ROUTES, carrier(1024), to_options(image="x"))
    small, large = (memory_of(Settings(body_limit=size), processor) for size in (1024, 2048))
    assert large - small == 2 * 1024
    assert memory_of(Settings(body_limit=1024), replace(processor, held=processor.held + 4)) == small + 7


def test_weights_are_written_in_order() -> None:
    processor = plan_processor(FIRST, ROUTES, carrier(1024), to_options(image="x"))
    settings = Settings(splits={"n": {"b": 2, "a": 1}, "m": {"c": 1, "d": 0}})
    for one in processor_objects(settings, processor):
        assert list(one.values["splits"].items()) == [("m", "c=1,d=0"), ("n", "a=1,b=2")]


def test_problems() -> None:
    asked = to_options(body_to_header="ext-proc", body_limit="2Gi", held_limit="1Gi")
    assert [line.split(":")[0] for line in processor_problems(2 * MOST_ASKED, asked)] == [
        "--buffer-limit 2Gi",
        "--body-to-header ext-proc",
        "--held-limit 1Gi",
    ]
    assert list(processor_problems(MOST_ASKED, to_options(image="x", held_limit="1Gi"))) == []
