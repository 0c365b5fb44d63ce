"""The objects of an Envoy that is the only way in."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.gateways.envoy.front_door import IMAGE
from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.printed import Extractor
from llmd_routes.output.render import render

from .planned import ELM, ELM_POOL, OAK, OAK_POOL, planned, router, values_of


def test_the_objects_and_no_route() -> None:
    plan = planned(OAK, *router())
    assert [printed.ref.kind for printed in plan.printed] == [
        *("ConfigMap", "Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy"),
    ]
    assert {(printed.ref.namespace, printed.ref.name) for printed in plan.printed} == {("ns", "llmd-routes")}
    assert (plan.routes, plan.pools) == ((), ())


def test_the_configuration_is_readable_and_within_bounds() -> None:
    plan = planned(OAK, *router(), ELM, ELM_POOL, splits=("vllm=1,sglang=1",), body_to_header="none")
    (text,) = (each.text for each in render(plan) if each.obj["kind"] == "ConfigMap")
    files = ("bootstrap", "clusters", "listeners", "routes")
    assert [line for line in text.split("\n") if line.startswith("  ") and line.endswith(".yaml: |")] == [
        f"  {name}.yaml: |" for name in files
    ]
    # kubectl apply stores an object in an annotation of at most 256 KiB.
    assert len(text) < 64 * 1024


def test_emitted_pods_are_not_reported() -> None:
    before = build_inventory([OAK, *router()])
    own = [dict(manifest.obj) for manifest in render(planned(OAK, *router()))]
    after = build_inventory([OAK, *router(), *own])
    assert (after.ignored, after.services) == (before.ignored, before.services)


def test_a_router_needs_no_picker_and_a_pool_does() -> None:
    values = values_of(planned(OAK, *router(), ELM, ELM_POOL))
    assert [cluster.name for cluster in values["clusters"]] == [
        *("picker/ns/elm-epp/9002", "pool/ns/elm", "service/ns/oak-epp/8081"),
    ]
    assert values["asks_pickers"]
    assert not values_of(planned(OAK, *router()))["asks_pickers"]


def test_the_filter_answers_itself() -> None:
    values = values_of(planned(OAK, OAK_POOL))
    program = values["program"]
    assert isinstance(program, Extractor)
    assert (program.responds, program.catalog is not None) == (True, True)
    # The listener buffers more than the filter reads, so that the filter answers 413.
    assert values["buffer"] - program.settings.body_limit == 64 * 1024


def test_without_a_filter_clients_send_the_headers() -> None:
    plan = planned(OAK, OAK_POOL, body_to_header="none")
    values = values_of(plan)
    assert (values["program"], values["too_large"]) == (None, None)
    # The guard keeps requests for unknown engines from the default engine.
    assert [(route.headers, bool(route.targets)) for route in values["routes"]] == [
        ((("x-gateway-model-name", "m"), ("x-owned-by", "vllm")), True),
        ((("x-owned-by", None),), False),
        ((("x-gateway-model-name", "m"),), True),
    ]


@pytest.mark.parametrize(("word", "seconds"), [(None, "0.000s"), ("1h30m", "5400.000s"), ("500ms", "0.500s")])
def test_timeouts_are_in_seconds(word: str | None, seconds: str) -> None:
    assert values_of(planned(OAK, OAK_POOL, timeout=word))["timeout"] == seconds


def test_the_image() -> None:
    assert values_of(planned(OAK, OAK_POOL))["image"] == IMAGE
    assert values_of(planned(OAK, OAK_POOL, envoy_image="registry.example.com/envoy:v1"))["image"].endswith(":v1")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"body_to_header": "ext-proc", "image": "i"},
            "--body-to-header ext-proc: Service ns/llmd-routes: envoy reads request bodies only in the gateway or by an"
            " external service over HTTP (ext-authz); remove the option",
        ),
        ({"listener": "http"}, "--listener: applies only to Gateways; remove the option"),
        ({"layout": "per-service"}, "--layout: applies only to Gateways; remove the option"),
        ({"no_catch_all": True}, "--no-catch-all: applies only to Gateways; remove the option"),
        ({"extract_after_auth": True}, "--extract-after-auth: applies only to Gateways; remove the option"),
        (
            {"body_limit": "8Mi"},
            "--buffer-limit 8Mi: endpoint pickers accept at most 4128768 bytes in one message; use a smaller limit",
        ),
    ],
)
def test_options_that_do_not_apply(options: dict[str, object], line: str) -> None:
    with pytest.raises(PlanError) as caught:
        planned(OAK, OAK_POOL, **options)
    assert [str(problem) for problem in caught.value.problems] == [line]


def test_routers_take_larger_bodies() -> None:
    program = values_of(planned(OAK, *router(), body_limit="32Mi"))["program"]
    assert program.settings.body_limit == 32 * 1024 * 1024


def test_an_external_service_that_reads_bodies_is_part_of_it() -> None:
    plan = planned(OAK, OAK_POOL, body_to_header="external", image="i")
    (listener,) = [one for one in plan.printed if one.ref.kind == "ConfigMap" and one.ref.name == "llmd-routes"]
    (deployment,) = (one.ref for one in plan.printed if str(one.ref).startswith("Deployment ns/ext-authz-"))
    asked = listener.values["asks"]
    assert asked["cluster"] == f"service/ns/{deployment.name}/9003"
    assert asked["host"] == f"{deployment.name}.ns.svc.cluster.local"
    assert asked["cluster"] in {cluster.name for cluster in listener.values["clusters"]}
    assert listener.note.startswith(f"{deployment}, which Service ns/llmd-routes calls over HTTP, reads")
    assert listener.values["program"] is None
