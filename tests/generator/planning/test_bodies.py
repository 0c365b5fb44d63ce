"""What copies model and engine into headers: where, why, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import EnvoyFilter, Epp, Gateway, Listener, Version
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment, Backend, Carrier, Keyed, Processor
from llmd_routes.names import MESSAGE_LIMIT, POOL_V1
from llmd_routes.planning.bodies import most_in_gateway, plan_carrier, taken
from tests.generator.objects import Obj, deployment, vllm

LISTENER = Listener("http", 80, "HTTP", "*.example.com", "All")
GATEWAY = Gateway(Ref("ns", "Gateway", "gw"), "ns", "istio", "istio", (LISTENER,))
ISTIO = Attachment(GATEWAY.ref, "istio", None, GATEWAY, None)
AGENTGATEWAY = Attachment(Ref("ns", "Gateway", "agw"), "agentgateway")

POOL = Ref("ns", "InferencePool", "p")
EPP = Epp(Ref("ns", "Deployment", "epp"), "epp", 9002, "p", "ns", POOL_V1, True, None)
(SERVICE,) = build_inventory([deployment("a", {"a": "b"}, vllm("m"))]).services
BACKENDS = (Backend(Keyed(SERVICE, "vllm", ("m",)), POOL, POOL_V1, EPP),)
MOST = 4 * 1024 * 1024 - 64 * 1024


def carrier(*attached: Attachment, **options: Any) -> Carrier:
    found, problems = plan_carrier(attached or (ISTIO,), BACKENDS, Options(**options), ("/v1",), "ns.gw")
    assert problems == []
    return found


def problems(*attached: Attachment, **options: Any) -> list[str]:
    return plan_carrier(attached or (ISTIO,), BACKENDS, Options(**options), ("/v1",), "ns.gw")[1]


def test_on_istio_the_gateway_reads() -> None:
    found = carrier()
    (one,) = found.filters
    assert (found.kind, one.ref, one.gateway) == ("in-gateway", Ref("ns", "EnvoyFilter", "ns.gw"), "gw")
    assert (one.settings.prefixes, one.settings.hosts, one.settings.body_limit) == (("/v1",), (), MOST)


def test_each_gateway_has_its_filter() -> None:
    other = replace(ISTIO, ref=Ref("other", "Gateway", "gw"))
    assert [one.ref for one in carrier(ISTIO, other).filters] == [
        Ref("ns", "EnvoyFilter", "ns.gw"),
        Ref("other", "EnvoyFilter", "ns.gw-2"),
    ]


@pytest.mark.parametrize(
    ("release", "by_label"),
    [(Version(1, 26, 9), True), (Version(1, 27), False), (Version(1, 28, 5), False), (None, False)],
)
def test_target_refs_where_they_select_one_gateway(release: Version | None, by_label: bool) -> None:
    attached = replace(ISTIO, gateway=replace(GATEWAY, istio_version=release))
    assert [one.by_label for one in carrier(attached).filters] == [by_label]


def test_hosts_are_those_of_the_routes_else_of_the_listener() -> None:
    attached = replace(ISTIO, listener=LISTENER)
    assert carrier(attached).filters[0].settings.hosts == ("*.example.com",)
    assert carrier(attached, hostnames=("llm.example.com",)).filters[0].settings.hosts == ("llm.example.com",)


def test_elsewhere_clients_send_the_headers() -> None:
    assert carrier(AGENTGATEWAY) == Carrier("none", "on agentgateway yet")
    assert carrier(ISTIO, AGENTGATEWAY) == Carrier("none", "on agentgateway yet")
    assert carrier(body_to_header="none") == Carrier("none", "as asked")


def test_what_cannot_be() -> None:
    assert problems(AGENTGATEWAY, body_to_header="in-gateway") == [
        "--body-to-header in-gateway: Gateway ns/agw: nothing reads bodies for a Gateway of agentgateway yet; leave it"
        " out, and let clients send the headers"
    ]
    asked = {"body_limit": "1Mi", "extract_after_auth": True, "keep_query": True, "strip_engine_fields": "always"}
    assert problems(body_to_header="none", **asked) == [
        f"{option}: is about requests that are read, and nothing reads them as asked; leave it out"
        for option in ("--body-limit", "--extract-after-auth", "--keep-query", "--strip-engine-fields")
    ]
    assert problems(body_to_header="none", strip_engine_fields="never") == []


@pytest.mark.parametrize("engine", ["vllm", "tensorrt_llm", None])
@pytest.mark.parametrize("said", ["auto", "always", "never"])
def test_bodies_lose_what_they_say_of_engines_where_an_engine_refuses_it(engine: str | None, said: Any) -> None:
    other = replace(BACKENDS[0], keyed=Keyed(replace(SERVICE, engine=engine), "other", ("m",)))
    options = Options(strip_engine_fields=said)
    found, _ = plan_carrier((ISTIO,), [*BACKENDS, other], options, ("/v1",), "ns.gw")
    wanted = said == "always" or (said == "auto" and engine == "tensorrt_llm")
    assert [one.settings.strip_engine_fields for one in found.filters] == [wanted]


@pytest.mark.parametrize(("said", "size"), [("1", 1), ("512Ki", 524288), ("2Mi", 2097152), (str(MOST), MOST)])
def test_limits(said: str, size: int) -> None:
    assert carrier(body_limit=said).filters[0].settings.body_limit == size


@pytest.mark.parametrize("said", ["0", "", "-1", "2MB", "1.5Mi", "Mi", "0Ki"])
def test_what_is_no_limit(said: str) -> None:
    assert problems(body_limit=said) == [f"--body-limit {said}: no size; give one in bytes, or such as 512Ki or 2Mi"]


@pytest.mark.parametrize("said", [str(MOST + 1), "4Mi", "32Mi", "999999Gi"])
def test_what_needs_another_carrier(said: str) -> None:
    assert problems(body_limit=said) == [
        f"--body-limit {said}: endpoint pickers take {MOST} bytes at most from a filter of the gateway;"
        " give that or less, leave it out, or give --image IMAGE for a sidecar, which passes them in pieces"
    ]


def test_a_sidecar_reads_as_asked_or_what_is_too_large_for_a_filter() -> None:
    (one,) = carrier(body_to_header="sidecar", image="x").filters
    place = Ref("ns", "Deployment", "ext-proc-ns-gw-167e9")
    assert one.processor == Processor(place, "x", 256 * 1024**2)
    assert one.settings.body_limit == 32 * 1024**2
    (one,) = carrier(body_limit="1Gi", image="x").filters
    assert one.processor == Processor(place, "x", 1024**3)
    assert one.settings.body_limit == 1024**3
    assert carrier(body_limit=str(MOST), image="x").kind == "in-gateway"
    other = replace(ISTIO, ref=Ref("ns", "Gateway", "other"))
    asked = carrier(ISTIO, other, body_to_header="sidecar", image="x", held_limit="1Gi")
    assert [(each.ref.name, each.held) for _, each in asked.processors] == [
        (place.name, 1024**3),
        (f"{place.name}-2", 1024**3),
    ]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "--body-to-header sidecar: needs an image, and none is published; give --image IMAGE"),
        (
            {"image": "x", "body_limit": "1025Mi"},
            "--body-limit 1025Mi: a sidecar reads 1073741824 bytes at most; give that or less",
        ),
        (
            {"image": "x", "held_limit": "1Mi"},
            "--held-limit 1Mi: is less than the largest body, 33554432 bytes; give that or more",
        ),
        (
            {"image": "x", "held_limit": "1MB"},
            "--held-limit 1MB: no size; give one in bytes, or such as 512Mi or 2Gi",
        ),
    ],
)
def test_what_no_sidecar_can(options: Obj, problem: str) -> None:
    assert problems(body_to_header="sidecar", **options) == [problem]


def test_what_is_about_no_sidecar() -> None:
    for more in ({}, {"body_to_header": "in-gateway"}):
        assert problems(held_limit="1Gi", **more) == [
            "--held-limit: is about a sidecar that reads bodies; give --body-to-header sidecar too, or leave it out"
        ]


def with_limit(limit: int | None) -> Backend:
    return replace(BACKENDS[0], epp=replace(EPP, message_limit=limit) if limit else None)


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ([], MOST),
        ([None], MOST),
        ([16 * 1024**2], 16 * 1024**2 - 64 * 1024),
        ([16 * 1024**2, 8 * 1024**2], 8 * 1024**2 - 64 * 1024),
        ([16 * 1024**2, None], MOST),
        ([MESSAGE_LIMIT], MOST),
    ],
)
def test_the_smallest_limit_of_the_pickers_counts(limits: list[int | None], most: int) -> None:
    assert most_in_gateway([with_limit(limit) for limit in limits]) == most


def test_no_more_is_read_than_that_though_pickers_take_more() -> None:
    found, problems = plan_carrier([ISTIO], [with_limit(1024**3)], Options(), ("/v1",), "ns.gw")
    assert (found.filters[0].settings.body_limit, problems) == (32 * 1024**2, [])


OF = Ref("ns", "EnvoyFilter", "theirs")
NAMED = Ref("ns", "EnvoyFilter", "ns.gw")


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (EnvoyFilter(NAMED, ("gw",), "ns.gw"), None),
        (EnvoyFilter(OF, ("gw",), None), None),
        (EnvoyFilter(OF, ("other",), "other"), None),
        (EnvoyFilter(Ref("elsewhere", "EnvoyFilter", "x"), ("gw",), "other"), None),
        (
            EnvoyFilter(OF, ("gw",), "other"),
            "EnvoyFilter ns/theirs: reads the requests of Gateway ns/gw already, for instance other; generate both sets"
            " of routes as one, or use a Gateway for each",
        ),
        (
            EnvoyFilter(NAMED, (), None),
            "EnvoyFilter ns/ns.gw: is there already and is not of this set of routes; give another --instance",
        ),
    ],
)
def test_filters_that_are_there(there: EnvoyFilter, expected: str | None) -> None:
    assert taken([ISTIO], carrier(), [there], "ns.gw") == ([expected] if expected else [])
