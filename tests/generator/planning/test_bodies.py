"""What copies model and engine into headers: where, why, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Carrier, Processor
from llmd_routes.model.gateways import Gateway, Listener
from llmd_routes.model.inventory import Epp
from llmd_routes.model.plan import Attachment, Backend, Keyed
from llmd_routes.names import MESSAGE_LIMIT, POOL_V1
from llmd_routes.planning.bodies import most_in_one_message, plan_bodies, plan_carrier
from llmd_routes.planning.needs import Need, unmet
from tests.generator.objects import Obj, deployment, vllm
from tests.generator.options import to_options
from tests.generator.planning.collected import collected, draft

LISTENER = Listener("http", 80, "HTTP", "*.example.com", "All")
GATEWAY = Gateway(Ref("ns", "Gateway", "gw"), "ns", "istio", "istio", (LISTENER,))
ISTIO = Attachment(GATEWAY.ref, "istio", None, GATEWAY, None)
NGINX = Attachment(Ref("ns", "Gateway", "agw"), "nginx")
GKE = replace(NGINX, implementation="gke")
AGENTGATEWAY = replace(NGINX, implementation="agentgateway")

POOL = Ref("ns", "InferencePool", "p")
EPP = Epp(Ref("ns", "Deployment", "epp"), "epp", 9002, "p", "ns", POOL_V1, True, None)
(SERVICE,) = build_inventory([deployment("a", {"a": "b"}, vllm("m"))]).services
BACKENDS = (Backend(Keyed(SERVICE, "vllm", ("m",)), POOL, POOL_V1, EPP),)
MOST = 4 * 1024 * 1024 - 64 * 1024
LONG = (
    f"over ext-proc, because endpoint pickers accept at most {MOST} bytes in one message, and longer bodies are"
    " requested"
)


def carrier(*attached: Attachment, **options: Any) -> Carrier:
    made, problems = collected(plan_carrier, draft(*BACKENDS, attached=attached or (ISTIO,)), to_options(**options))
    assert problems == []
    return made


def problems(*attached: Attachment, **options: Any) -> list[str]:
    asked = to_options(**options)
    made, lines = collected(plan_carrier, draft(*BACKENDS, attached=attached or (ISTIO,)), asked)
    met: dict[Need, bool] = {"reading": made.kind != "none", "processor": made.protocol is not None}
    return [*asked.problems, *lines, *unmet(asked, met, made.reason)]


def bodies(*attached: Attachment, hostnames: Sequence[str] = (), **options: Any) -> list[Bodies]:
    asked = to_options(**options)
    planned = draft(*BACKENDS, attached=attached or (ISTIO,), hostnames=hostnames)
    planned = replace(planned, carrier=collected(plan_carrier, planned, asked)[0])
    return [one for _, one in plan_bodies(planned, None, asked)]


def test_where_it_can_the_gateway_reads() -> None:
    assert carrier() == Carrier("in-gateway", "", MOST)
    (one,) = bodies()
    assert (one.settings.prefixes, one.settings.hosts, one.settings.body_limit) == (("/v1",), (), MOST)
    assert (one.processor, one.catalog, one.after_auth) == (None, None, False)


def test_each_gateway_reads() -> None:
    assert len(bodies(ISTIO, replace(ISTIO, ref=Ref("other", "Gateway", "gw")))) == 2
    assert bodies(body_to_header="none") == []


def test_a_processor_accepts_the_proxies_of_its_gateway_wherever_they_run() -> None:
    beside, elsewhere = ISTIO, replace(ISTIO, implementation="envoy-gateway")
    asked = {"body_to_header": "ext-proc", "image": "x"}
    callers = [
        [one.processor.callers for one in bodies(each, **asked) if one.processor] for each in (beside, elsewhere)
    ]
    assert callers == [[("ns",)], [()]]


def test_hosts_are_those_of_the_routes_else_of_the_listener() -> None:
    attached = replace(ISTIO, listener=LISTENER)
    assert [one.settings.hosts for one in bodies(attached)] == [("*.example.com",)]
    assert [one.settings.hosts for one in bodies(attached, hostnames=("llm.example.com",))] == [("llm.example.com",)]


def test_elsewhere_clients_send_the_headers() -> None:
    assert carrier(NGINX) == Carrier("none", "on nginx")
    assert carrier(ISTIO, NGINX) == Carrier("none", "on nginx")
    assert carrier(body_to_header="none") == Carrier("none", "with --body-to-header none")


def test_a_gateway_that_only_calls_processors_needs_an_image() -> None:
    assert carrier(GKE) == Carrier("none", "on gke without an external service (--image IMAGE)")
    assert carrier(GKE, image="x") == Carrier("ext-proc", "", 32 * 1024**2)
    assert carrier(ISTIO, GKE, image="x").kind == "ext-proc"
    assert problems(GKE, body_to_header="ext-proc") == [
        "--body-to-header ext-proc: requires an image, and none is published; pass --image IMAGE"
    ]
    assert problems(GKE, body_to_header="in-gateway", image="x") == [
        "--body-to-header in-gateway: Gateway ns/agw: gke reads request bodies only by an external service over"
        " ext-proc; remove the option"
    ]


def test_gateways_without_a_common_component_read_no_bodies() -> None:
    assert carrier(GKE, AGENTGATEWAY, image="x") == Carrier("none", "by one component for both gke and agentgateway")
    assert problems(GKE, AGENTGATEWAY, image="x", body_to_header="ext-proc") == [
        "--body-to-header ext-proc: Gateway ns/agw: agentgateway reads request bodies only in the gateway or by an"
        " external service over HTTP (ext-authz); remove the option"
    ]


def test_what_cannot_be() -> None:
    assert problems(NGINX, body_to_header="in-gateway") == [
        "--body-to-header in-gateway: Gateway ns/agw: request bodies are not inspected on nginx; remove"
        " the option, and send both headers from clients"
    ]
    asked = {"body_limit": "1Mi", "extract_after_auth": True, "keep_query": True, "strip_engine_fields": "always"}
    assert problems(body_to_header="none", **asked) == [
        f"{option}: has no effect, because llmd-routes reads no request bodies with --body-to-header none;"
        " remove the option"
        for option in ("--buffer-limit", "--extract-after-auth", "--keep-query", "--strip-engine-fields")
    ]
    assert problems(body_to_header="none", strip_engine_fields="never") == []


@pytest.mark.parametrize("engine", ["vllm", "tensorrt_llm", None])
@pytest.mark.parametrize("said", ["auto", "always", "never"])
def test_bodies_lose_what_they_say_of_engines_where_an_engine_refuses_it(engine: str | None, said: Any) -> None:
    other = replace(BACKENDS[0], keyed=Keyed(replace(SERVICE, engine=engine), "other", ("m",)))
    options = to_options(strip_engine_fields=said)
    planned = draft(*BACKENDS, other, attached=[ISTIO], carrier=Carrier("in-gateway", "istio", MOST))
    wanted = said == "always" or (said == "auto" and engine == "tensorrt_llm")
    assert [one.settings.strip_engine_fields for _, one in plan_bodies(planned, None, options)] == [wanted]


@pytest.mark.parametrize(("said", "size"), [("1", 1), ("512Ki", 524288), ("2Mi", 2097152), (str(MOST), MOST)])
def test_limits(said: str, size: int) -> None:
    assert carrier(body_limit=said).body_limit == size


@pytest.mark.parametrize("said", ["0", "", "-1", "2MB", "1.5Mi", "Mi", "0Ki"])
def test_what_is_no_limit(said: str) -> None:
    assert problems(body_limit=said) == [
        f"--buffer-limit {said}: invalid size; use bytes, or a size such as 512Ki or 2Mi"
    ]


@pytest.mark.parametrize("said", [str(MOST + 1), "4Mi", "32Mi", "999999Gi"])
def test_what_needs_another_carrier(said: str) -> None:
    assert problems(body_limit=said) == [
        f"--buffer-limit {said}: endpoint pickers accept at most {MOST} bytes in one message; use a smaller"
        " limit, remove the option, or pass --image IMAGE for an external service, which streams bodies"
    ]


def test_a_sidecar_reads_as_asked_or_what_is_too_large_for_a_filter() -> None:
    (one,) = bodies(body_to_header="ext-proc", image="x")
    place = Ref("ns", "Deployment", "ext-proc-ns-gw-167e9")
    assert one.processor == Processor(place, "x", 256 * 1024**2, callers=("ns",))
    assert one.settings.body_limit == 32 * 1024**2
    (one,) = bodies(body_limit="1Gi", image="x")
    assert one.processor == Processor(place, "x", 1024**3, callers=("ns",), reason=LONG)
    assert one.settings.body_limit == 1024**3
    assert carrier(body_limit=str(MOST), image="x").kind == "in-gateway"
    other = replace(ISTIO, ref=Ref("ns", "Gateway", "other"))
    asked = bodies(ISTIO, other, body_to_header="ext-proc", image="x", held_limit="1Gi")
    assert [(each.processor.ref.name, each.processor.held) for each in asked if each.processor] == [
        (place.name, 1024**3),
        (f"{place.name}-2", 1024**3),
    ]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "--body-to-header ext-proc: requires an image, and none is published; pass --image IMAGE"),
        (
            {"image": "x", "body_limit": "1025Mi"},
            "--buffer-limit 1025Mi: an external service reads at most 1073741824 bytes; use a smaller limit",
        ),
        (
            {"image": "x", "held_limit": "1Mi"},
            "--held-limit 1Mi: less than the largest body, 33554432 bytes; use a larger limit",
        ),
        (
            {"image": "x", "held_limit": "1MB"},
            "--held-limit 1MB: invalid size; use bytes, or a size such as 512Mi or 2Gi",
        ),
    ],
)
def test_what_no_sidecar_can(options: Obj, problem: str) -> None:
    assert problems(body_to_header="ext-proc", **options) == [problem]


def test_what_is_about_no_sidecar() -> None:
    for more in ({}, {"body_to_header": "in-gateway"}):
        assert problems(held_limit="1Gi", **more) == [
            "--held-limit: applies only to an external service; pass --body-to-header external, or remove the option"
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
    assert most_in_one_message([with_limit(limit) for limit in limits]) == most


def test_no_more_is_read_than_that_though_pickers_take_more() -> None:
    made, problems = collected(plan_carrier, draft(with_limit(1024**3), attached=[ISTIO]), to_options())
    assert (made.body_limit, problems) == (32 * 1024**2, [])
