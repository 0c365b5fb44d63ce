"""The EnvoyFilter of a Gateway: its name, what it selects, and what the report says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmd_routes.gateways.istio.body_filter import filter_ref, plan_filter
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Processor
from llmd_routes.model.gateways import Gateway, Version
from llmd_routes.model.plan import Attachment, RouteSet
from llmd_routes.output.render import render_printed
from llmd_routes_sidecar.extraction import Settings

GATEWAY = Gateway(Ref("ns", "Gateway", "gw"), "ns", "istio", "istio", ())
ATTACHED = Attachment(GATEWAY.ref, "istio", None, GATEWAY)
REF = Ref("ns", "EnvoyFilter", "ns.gw")
READS = Bodies(Settings(body_limit=1024**2))
ASKS = replace(READS, processor=Processor(Ref("ns", "Deployment", "ext-proc"), "x", 256 * 1024**2))


def test_each_gateway_of_a_set_has_its_filter() -> None:
    other = replace(ATTACHED, ref=Ref("other", "Gateway", "gw"))
    route_set = RouteSet("ns.gw", (ATTACHED, other))
    assert [filter_ref(one, route_set) for one in route_set.attachments] == [
        REF,
        Ref("other", "EnvoyFilter", "ns.gw-2"),
    ]


@pytest.mark.parametrize(
    ("release", "by_label"),
    [(Version(1, 26, 9), True), (Version(1, 27), False), (Version(1, 28, 5), False), (None, False)],
)
def test_target_refs_where_they_select_one_gateway(release: Version | None, by_label: bool) -> None:
    seen = replace(GATEWAY, releases={"istio": release} if release else {"other": Version(1, 0)})
    (planned,) = plan_filter(REF, replace(ATTACHED, gateway=seen), READS)
    assert planned.values["by_label"] == by_label


def test_what_a_sidecar_needs_is_printed_once_with_one_note() -> None:
    planned = list(plan_filter(REF, ATTACHED, ASKS))
    assert [one.ref.kind for one in planned] == [
        "EnvoyFilter",
        "Service",
        "Deployment",
        "PodDisruptionBudget",
        "NetworkPolicy",
        "DestinationRule",
    ]
    assert [one.note for one in planned if one.note] == [
        "Deployment ns/ext-proc, which EnvoyFilter ns/ns.gw calls, reads the model and the engine from bodies"
        " up to 1.0 MiB"
        " (larger bodies get 413); a pod buffers at most 256.0 MiB (further requests get 503), in up to"
        " 546.0 MiB of memory"
    ]


def test_a_service_over_http_gets_one_byte_more_than_the_limit() -> None:
    processor = Processor(Ref("ns", "Deployment", "ext-authz"), "x", 1, protocol="ext-authz")
    (filter_, *others) = plan_filter(REF, ATTACHED, replace(READS, processor=processor))
    assert [one.ref.kind for one in others] == [one.ref.kind for one in list(plan_filter(REF, ATTACHED, ASKS))[1:]]
    patches = render_printed(filter_, "i").obj["spec"]["configPatches"]
    values = {patch["patch"]["value"].get("name"): patch["patch"]["value"] for patch in patches}
    asks = values["llmd-routes"]["typed_config"]["extension_config"]["typed_config"]
    assert asks["with_request_body"] == {"max_request_bytes": 1024**2 + 1, "allow_partial_message": True}
    assert asks["http_service"]["server_uri"]["cluster"] == "outbound|9003||ext-authz.ns.svc.cluster.local"


@pytest.mark.parametrize("after_auth", [False, True])
def test_the_path_changes_right_after_the_service_is_asked(after_auth: bool) -> None:
    processor = Processor(Ref("ns", "Deployment", "ext-authz"), "x", 1, protocol="ext-authz")
    filter_ = next(iter(plan_filter(REF, ATTACHED, replace(READS, processor=processor, after_auth=after_auth))))
    patches = render_printed(filter_, "i").obj["spec"]["configPatches"]
    filters = ["envoy.filters.http.ext_proc"]
    for patch in (each["patch"] for each in patches if each["applyTo"] == "HTTP_FILTER"):
        place = {"INSERT_FIRST": 0, "INSERT_BEFORE": filters.index("envoy.filters.http.ext_proc")}[patch["operation"]]
        filters.insert(place, patch["value"]["name"])
    assert filters == ["llmd-routes", "llmd-routes-path", "envoy.filters.http.ext_proc"]


@pytest.mark.parametrize(("strips", "most"), [(False, "2.1 MiB"), (True, "6.1 MiB")])
def test_the_note_says_what_a_body_costs(strips: bool, most: str) -> None:
    settings = replace(READS.settings, strip_engine_fields=strips)
    (planned,) = plan_filter(REF, ATTACHED, replace(READS, settings=settings))
    hidden = "; fields that name the engine are removed" if strips else ""
    assert planned.note == (
        "EnvoyFilter ns/ns.gw (istio) reads the model and the engine from bodies up to 1.0 MiB (larger bodies get 413),"
        f" each of which uses up to {most} of the gateway's memory{hidden}"
    )
