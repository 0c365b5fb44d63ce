"""The lines of a report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.inventory import Inventory
from llmd_routes.model.plan import Plan
from llmd_routes.notices import Notice
from llmd_routes.output.report import notes, report
from llmd_routes.planning.make import make_plan
from tests.generator.objects import deployment, gateway, pool, vllm
from tests.generator.options import to_options

SCENE = [
    *(deployment(name, {"app": name}, vllm(name)) for name in "ab"),
    *(pool(name, {"app": name}, 8000) for name in "ab"),
]


def planned(gateway_class: str = "istio", **words: Any) -> tuple[Inventory, Plan]:
    inventory = build_inventory([*SCENE, gateway(gateway_class=gateway_class)], Scope(assume=True))
    return inventory, make_plan(inventory, to_options(**words))


def test_where_each_service_goes_then_totals_then_who_reads_and_answers() -> None:
    assert report(*planned()) == [
        "ModelService ns/a: a as vllm (default) -> InferencePool ns/a (existing)",
        "ModelService ns/b: b as vllm (default) -> InferencePool ns/b (existing)",
        "1 HTTPRoute, 1 EnvoyFilter for Gateway ns/gw (istio); instance ns.gw",
        "EnvoyFilter ns/ns.gw (istio) reads the model and the engine from bodies up to 3.9 MiB (larger bodies get 413),"
        " each of which uses up to 7.9 MiB of the gateway's memory",
        "the gateway answers the models list and unserved requests: 2 models, 1 engine; run generate again if they"
        " change",
    ]


def test_where_nothing_reads_clients_must_send_headers() -> None:
    lines = report(*planned("gke-l7-rilb"))
    assert lines[3].startswith("clients must send both headers, x-gateway-model-name and x-owned-by")
    assert lines[4].startswith("no models list")


def test_long_lists_are_cut() -> None:
    inventory, plan = planned()
    many = replace(plan, backends=plan.backends * 30)
    lines = report(inventory, many)
    assert lines[50] == "and 10 more" and sum("ModelService" in line for line in lines) == 50


def test_notices_are_sorted_and_each_stands_once() -> None:
    inventory, plan = planned()
    one, other = Notice("tie", "b", "fact", "remedy"), Notice("tls", "a", "fact", "remedy")
    told = replace(plan, notices=(other, one))
    assert notes(inventory, told, (one,)) == tuple(sorted({one, other, *inventory.notices}))
