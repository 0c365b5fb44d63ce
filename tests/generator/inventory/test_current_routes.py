"""Notices about the routes that are there, and about objects without a namespace."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.output.render import render
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, gateway, pool, vllm
from tests.generator.options import to_options

LABELS = {"llm-d.ai/guide": "a"}
SERVED = deployment("a", LABELS, vllm("m"))
POOL = pool("p", LABELS, 8000)


def route(name: str, *rules: Obj, labels: Obj | None = None, namespace: str | None = "ns") -> Obj:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "spec": {"parentRefs": [{"name": "gw"}], "rules": list(rules)},
    }


def rule(to: str = "p", *matches: Obj, **more: Any) -> Obj:
    backend = {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": to, **more}
    return {"backendRefs": [backend]} | ({"matches": list(matches)} if matches else {})


CHAT = {"path": {"type": "PathPrefix", "value": "/v1"}}
ROOT = {"path": {"type": "PathPrefix", "value": "/"}}
BY_HEADER = {**ROOT, "headers": [{"name": "x-owned-by", "value": "vllm"}]}
OURS = {"llmd-routes/instance": "ns.gw"}

LEFT_ALONE = [
    [],
    [route("r", rule("other", CHAT))],
    [route("r", rule("p", CHAT), namespace="elsewhere")],
    [route("r", rule("p"), labels=OURS)],
    # Routes that lead to no pool of a ModelService are not reported.
    [route("r", rule("other", ROOT))],
]
NOTED = [
    ([route("r", rule("p", CHAT))], {("already-routed", "ModelService ns/a")}),
    (
        [
            route(
                "r",
                rule("p", CHAT, namespace="ns"),
            )
        ],
        {("already-routed", "ModelService ns/a")},
    ),
    ([route("r", rule("p", BY_HEADER))], {("already-routed", "ModelService ns/a")}),
    (
        [route("r", rule("p"))],
        {("already-routed", "ModelService ns/a"), ("catch-all-route", "ModelService ns/a")},
    ),
    (
        [route("r", rule("p", CHAT, ROOT))],
        {("already-routed", "ModelService ns/a"), ("catch-all-route", "ModelService ns/a")},
    ),
]


def noted(*objects: Obj) -> set[tuple[str, str]]:
    beside = (pool("other", {"x": "y"}, 8000), pool("p", {"x": "y"}, 8000, namespace="elsewhere"))
    return {(n.code, n.object) for n in build_inventory([*objects, *beside]).notices}


@pytest.mark.parametrize("routes", LEFT_ALONE)
def test_left_alone(routes: list[Obj]) -> None:
    assert noted(SERVED, POOL, gateway(), *routes) == set()


@pytest.mark.parametrize(("routes", "codes"), NOTED)
def test_noted(routes: list[Obj], codes: set[tuple[str, str]]) -> None:
    assert noted(SERVED, POOL, gateway(), *routes) == codes


def test_an_object_without_a_namespace_says_which_one_it_is_given() -> None:
    bare = deployment("a", LABELS, vllm("m"), namespace=None)
    assert noted(bare, gateway(namespace=None)) == {
        ("namespace-unknown", "ModelService a"),
        ("namespace-unknown", "Gateway gw"),
    }
    notices = build_inventory([bare, gateway(namespace="infra")]).notices
    assert [(n.object, n.message) for n in notices] == [
        ("ModelService infra/a", "no namespace in the manifest; infra is assumed")
    ]


@pytest.mark.parametrize(
    ("rules", "number"), [((rule("p", ROOT),), 0), ((rule("other", CHAT), rule("p", ROOT)), 1), ((rule("p"),), 0)]
)
def test_the_fix_for_a_catch_all_names_the_field(rules: tuple[Obj, ...], number: int) -> None:
    notices = build_inventory([SERVED, POOL, route("r", *rules), gateway()]).notices
    (notice,) = [notice for notice in notices if notice.code == "catch-all-route"]
    place = f"spec.rules[{number}].matches of HTTPRoute ns/r"
    assert notice.remedy == f"keep both, or set a narrower path in {place}"


@pytest.mark.parametrize("gateway_class", ["istio", "eg", "agentgateway"])
def test_a_second_run_keeps_the_default_engines(gateway_class: str) -> None:
    """The rules for requests without an engine are read back, whatever their form."""
    sglang = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m"])
    vllm_pods = vllm("m", "--enable-lora", "--lora-modules", "a.b=/a", "c=/c")
    objects = [
        gateway(gateway_class=gateway_class),
        deployment("s", {"app": "s"}, sglang),
        pool("s", {"app": "s"}, 30000, epp="s-epp"),
        deployment("v", {"app": "v"}, vllm_pods),
        pool("v", {"app": "v"}, 8000, epp="v-epp"),
    ]
    plan = make_plan(build_inventory(objects), to_options(defaults=("m=sglang",)))
    assert plan.defaults == {"m": "sglang", "a.b": "vllm", "c": "vllm"}
    emitted = [manifest.obj for manifest in render(plan)]
    assert make_plan(build_inventory([*objects, *emitted]), to_options()).defaults == plan.defaults
