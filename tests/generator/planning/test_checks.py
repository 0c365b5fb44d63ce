"""What must hold before anything is emitted, and what is risky though it can be."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Route
from llmd_routes.model.plan import Attachment, PlannedRoute
from llmd_routes.planning.checks import namespace_problems, taken_names, warnings
from llmd_routes.planning.make import make_plan
from tests.generator.objects import deployment, gateway, vllm
from tests.generator.options import to_options
from tests.generator.planning.collected import draft

EMPTY = build_inventory([])
ROUTE = PlannedRoute(Ref("ns", "HTTPRoute", "ns.gw"), ())


def test_a_namespace_is_never_guessed() -> None:
    bare = build_inventory([deployment(name, {"app": name}, vllm(name), namespace=None) for name in "abcd"])
    (line,) = namespace_problems(bare)
    assert line.startswith("ModelService a, ModelService b, ModelService c and 1 more: carry no namespace, and no")
    assert namespace_problems(build_inventory([gateway()])) == []


def test_a_route_of_others_is_never_replaced() -> None:
    theirs = Route(ROUTE.ref, "ns", {}, "Helm", None)
    assert taken_names(draft(routes=[ROUTE], foreign=[theirs]), EMPTY) == [
        "HTTPRoute ns/ns.gw: already exists and belongs to another instance; pass another --instance"
    ]
    assert taken_names(draft(routes=[ROUTE]), EMPTY) == []


def test_warnings() -> None:
    attached = [Attachment(Ref("ns", "Gateway", "gw"), "istio")]
    found = list(warnings(draft(attached=attached, prefixes=("/",)), EMPTY))
    assert [notice.code for notice in found] == ["path-prefix"]
    assert list(warnings(draft(attached=attached), EMPTY)) == []


def test_a_pool_by_class_labels_is_reported() -> None:
    """Nothing else is on its pods; a workload's own label, or a reused pool, is fine."""
    engine, role = {"llm-d.ai/engine-type": "vllm"}, {"llm-d.ai/role": "decode"}
    for labels, codes in ((engine, ["weak-selector"]), ({**engine, **role}, ["weak-selector"]), ({"app": "a"}, [])):
        plan = make_plan(
            build_inventory([deployment("a", labels, vllm("m")), gateway()], Scope(assume=True)),
            to_options(epp="deploy"),
        )
        assert [notice.code for notice in plan.notices if notice.code == "weak-selector"] == codes
