"""The name and the namespace of an Envoy without a Gateway."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.planning.make import make_plan
from tests.generator.gateways.envoy.planned import OAK, OAK_POOL, planned, router
from tests.generator.objects import Obj, deployment, gateway, pool, vllm
from tests.generator.options import to_options

FAR = [
    deployment("far", {"app": "far"}, vllm("n", ports=[{"containerPort": 8000}]), namespace="other"),
    pool("far", {"app": "far"}, 8000, namespace="other"),
]


@pytest.mark.parametrize(
    ("objects", "options", "ref", "instance"),
    [
        ([], {}, Ref("ns", "Service", "llmd-routes"), "ns.llmd-routes"),
        (FAR, {"namespaces": ("ns",), "instance": "all"}, Ref("ns", "Service", "llmd-routes"), "all"),
        (FAR, {"gateways": ("edge/llm",)}, Ref("edge", "Service", "llm"), "edge.llm"),
        ([], {"gateways": ("llm",)}, Ref("ns", "Service", "llm"), "ns.llm"),
    ],
)
def test_the_place(objects: list[Obj], options: dict[str, Any], ref: Ref, instance: str) -> None:
    plan = planned(OAK, OAK_POOL, *objects, **options)
    assert ([one.ref for one in plan.attachments], plan.instance) == ([ref], instance)


def test_several_proxies_have_the_same_routes() -> None:
    plan = planned(OAK, OAK_POOL, gateways=("edge/a", "edge/b"), instance="all")
    assert [printed.ref.name for printed in plan.printed if printed.ref.kind == "Service"] == ["a", "b"]


OTHER = "pass another name with --gateway NAMESPACE/NAME"


@pytest.mark.parametrize(
    ("objects", "options", "line"),
    [
        (
            FAR,
            {},
            "--implementation envoy: the ModelServices are in ns, other, so the namespace of the proxy is ambiguous;"
            " pass --gateway NAMESPACE/llmd-routes",
        ),
        (
            [gateway()],
            {"gateways": ("gw",)},
            "--implementation envoy: Gateway ns/gw exists, and this implementation has no Gateways; remove the option,"
            " or pass another name with --gateway NAMESPACE/NAME",
        ),
        (
            [],
            {"gateways": ("ns/a.b",)},
            "--gateway a.b: not a valid name of a Service; use lower-case letters, digits and -",
        ),
        ([], {"gateways": ("oak",)}, f"Deployment ns/oak: already exists, and is not a proxy; {OTHER}"),
    ],
)
def test_an_unusable_place(objects: list[Obj], options: dict[str, Any], line: str) -> None:
    with pytest.raises(PlanError) as caught:
        planned(OAK, OAK_POOL, *objects, **options)
    assert str(caught.value.problems[0]) == line


def test_the_names_of_a_router_are_taken() -> None:
    with pytest.raises(PlanError) as caught:
        planned(OAK, *router(), gateways=("oak-epp",))
    assert [str(problem) for problem in caught.value.problems] == [
        f"{kind} ns/oak-epp: already exists, and is not a proxy; {OTHER}" for kind in ("Service", "Deployment")
    ]


@pytest.mark.parametrize("further", [[], FAR])
def test_stand_alone_routers_need_no_gateway(further: list[Obj]) -> None:
    inventory = build_inventory([OAK, *router(), *further])
    with pytest.raises(PlanError) as caught:
        make_plan(inventory, to_options())
    assert [str(problem) for problem in caught.value.problems] == [
        f"the input contains no Gateway, and 1 of {1 + len(further) // 2} ModelServices have stand-alone routers;"
        " pass --implementation envoy to emit a proxy in front of them, or add the manifest of a Gateway"
    ]
