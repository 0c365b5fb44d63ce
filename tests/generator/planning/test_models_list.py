"""Who answers the list of models, and with what."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.gateways.istio import ISTIO
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import ServicePort
from llmd_routes.model.plan import Plan
from llmd_routes.output.report import report
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, deployment, gateway, pool, vllm
from tests.generator.options import to_options
from tests.generator.planning.collected import extractors

SCENE = [
    deployment("a", {"app": "a"}, vllm("m", "--served-model-name", "m", "alias")),
    deployment("b", {"app": "b"}, vllm("m"), annotations={"llm-d.ai/owned-by": "other"}),
    pool("a", {"app": "a"}, 8000),
    pool("b", {"app": "b"}, 8000),
]


def plan(*objects: Obj, gateway_class: str = "istio", **options: Any) -> Plan:
    objects = objects or tuple(SCENE)
    return make_plan(
        build_inventory([*objects, gateway(gateway_class=gateway_class)], Scope(assume=True)), to_options(**options)
    )


def test_a_sidecar_that_reads_leaves_answers_to_a_server() -> None:
    asked = {"body_to_header": "ext-proc", "image": "x"}
    assert plan(**asked).endpoint.aggregator is not None
    alone = plan(**asked, models_endpoint="none").endpoint
    assert (alone.kind, alone.reason) == ("none", "--models-endpoint none")
    there = plan(**asked, models_service="ns/other:80").endpoint
    assert there.service == ServicePort("ns", "other", 80) and there.aggregator is None
    with pytest.raises(PlanError, match="models-endpoint static: the gateway answers it only if its filter reads"):
        plan(**asked, models_endpoint="static")


def test_ports_that_cannot_be_are_none() -> None:
    one = deployment("a", {"app": "a"}, vllm("m"))
    with pytest.raises(PlanError, match="targets no port"):
        plan(one, pool("a", {"app": "a"}, 10**20))


def entries(made: Plan) -> list[tuple[str, str, bool]]:
    (one,) = extractors(made.printed)
    assert one.catalog is not None and one.catalog == made.endpoint.catalog
    return [(entry.id, entry.owned_by, entry.is_default) for entry in one.catalog.entries]


def nobody(made: Plan) -> list[tuple[str, bool]]:
    return [(m.path, m.guard) for route in made.routes for rule in route.rules if not rule.shares for m in rule.matches]


def test_every_name_of_every_engine_is_listed() -> None:
    assert entries(plan()) == [("alias", "vllm", True), ("m", "other", False), ("m", "vllm", True)]
    assert entries(plan(defaults=("m=other",))) == [("alias", "vllm", True), ("m", "other", True), ("m", "vllm", False)]


def test_a_name_that_the_picker_replaces_is_listed_with_what_it_becomes() -> None:
    rule = {"matches": [{"model": {"value": "chat"}}], "targets": [{"modelRewrite": "m"}]}
    rewrite = {
        "apiVersion": "llm-d.ai/v1alpha2",
        "kind": "InferenceModelRewrite",
        "metadata": {"name": "names", "namespace": "ns"},
        "spec": {"poolRef": {"name": "b"}, "rules": [rule]},
    }
    (one,) = extractors(plan(*SCENE, rewrite).printed)
    assert one.catalog is not None
    served = {(entry.id, entry.owned_by): entry.served_as for entry in one.catalog.entries}
    assert served == {("alias", "vllm"): (), ("chat", "other"): ("m",), ("m", "other"): (), ("m", "vllm"): ()}


def test_what_is_drawn_has_no_default() -> None:
    spread = plan(splits=("m=vllm=1,other=1",))
    assert entries(spread) == [("alias", "vllm", True), ("m", "other", False), ("m", "vllm", False)]


def test_where_requests_without_an_engine_go() -> None:
    assert nobody(plan()) == [("/v1", True), ("/v1/models", False), ("/v1", False)]
    assert nobody(plan(no_catch_all=True)) == [("/v1", True), ("/v1/models", False)]
    assert nobody(plan(models_endpoint="none")) == [("/v1", True)]
    assert nobody(plan(path_prefixes=("/",)))[1:] == [("/models", False), ("/", False)]
    many = plan(path_prefixes=tuple(f"/{n}" for n in range(8)))
    assert [len(rule.matches) for rule in many.routes[0].rules if not rule.shares] == [8, 8, 8]


def models_line(made: Plan) -> str:
    inventory = build_inventory([*SCENE, gateway()], Scope(assume=True))
    (line,) = [line for line in report(inventory, made) if "models list" in line]
    return line


def test_why_nobody_answers_is_said() -> None:
    assert models_line(plan(models_endpoint="none")) == "no models list: --models-endpoint none"
    assert "no filter does on nginx" in models_line(plan(gateway_class="nginx"))
    assert "2 models, 2 engines" in models_line(plan())


def test_a_list_that_is_too_long_for_a_filter_is_none() -> None:
    names = [f"organisation/model-of-some-length-{n}" for n in range(500)]
    many = [deployment("a", {"app": "a"}, vllm("m", "--served-model-name", *names)), pool("a", {"app": "a"}, 8000)]
    made = plan(*many)
    assert made.endpoint.kind == "none" and f"a filter can hold {ISTIO.list_bytes}" in made.endpoint.reason
    assert nobody(made)[0] == ("/v1", True) and ("/v1/models", False) not in nobody(made)
    with pytest.raises(PlanError, match=r"--models-endpoint static: its 500 entries are .* remove the option"):
        plan(*many, models_endpoint="static")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"models_endpoint": "static", "body_to_header": "none"}, "with --body-to-header none; remove the option"),
        ({"models_endpoint": "static", "gateway_class": "nginx"}, "on nginx; remove the option"),
        ({"models_endpoint": "none", "no_catch_all": True}, "--no-catch-all: has no effect, because no catch-all rule"),
        ({"body_to_header": "none", "no_catch_all": True}, "--no-catch-all: has no effect, because no catch-all rule"),
    ],
)
def test_what_cannot_be_asked(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(PlanError, match=problem):
        plan(**options)
