"""Whatever is served, no implementation gets an object, a rule or a weight that it does not support."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmd_routes.errors import PlanError
from llmd_routes.gateways import IMPLEMENTATIONS
from llmd_routes.gateways.implementation import Implementation
from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.plan import Plan, PlannedRoute, Rule
from llmd_routes.output.render import render
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, gateway, pool, service, vllm
from tests.generator.options import to_options

GATEWAYS = [one for one in IMPLEMENTATIONS if not one.gatewayless]
MODELS = ("org/a", "b.c", "d")
# Classes of implementations that do not support all of theirs.
CLASSES = {"gke": "gke-l7-rilb"}
# What any implementation may get: routes, pools, and the pods of a models server or of a processor.
PODS = {"Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy"}
COMMON = {"HTTPRoute", "InferencePool", *PODS, "ConfigMap", "ServiceAccount", "Role", "RoleBinding"}


OPTIONS = st.fixed_dictionaries(
    {"body_to_header": st.sampled_from(("auto", "none")), "splits": st.sampled_from(((), ("team-0=1,team-1=1",)))},
    optional={"image": st.just("x"), "timeout": st.just("1m")},
)


@st.composite
def inventories(draw: st.DrawFn) -> list[Obj]:
    """Return up to four ModelServices in two namespaces with pools and Services; some serve the same model."""
    objects: list[Obj] = []
    for number in range(draw(st.integers(1, 4))):
        name, namespace = f"s{number}", draw(st.sampled_from(("ns", "far")))
        models = draw(st.lists(st.sampled_from(MODELS), min_size=1, unique=True))
        program = vllm("--model", "base", "--served-model-name", *models)
        if draw(st.booleans()):
            words = ["--model-path", "base", "--served-model-name", models[0]]
            program = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], words)
        owner = {"llm-d.ai/owned-by": f"team-{number}"} if draw(st.booleans()) or number else {}
        port = 8000 if program["name"] == "vllm" else 30000
        objects += [
            deployment(name, {"app": name, **owner}, program, namespace=namespace),
            pool(name, {"app": name}, port, namespace=namespace, epp=f"{name}-epp"),
            service(name, {"app": name}, port, namespace),
        ]
    return objects


def planned(one: Implementation, objects: list[Obj], options: Obj) -> Plan | None:
    """Return a plan, or None if the combination is refused."""
    front = gateway(gateway_class=CLASSES.get(one.name, one.classes[0].replace("*", "x")))
    try:
        return make_plan(build_inventory([*objects, front]), to_options(**options))
    except PlanError:
        return None


def rules(plan: Plan) -> Iterator[tuple[PlannedRoute, Rule]]:
    for route in plan.routes:
        for rule in route.rules:
            yield route, rule


@pytest.mark.parametrize("one", GATEWAYS, ids=lambda one: one.name)
def test_each_implementation_gets_a_plan_or_a_refusal(one: Implementation) -> None:
    objects = [
        deployment("s", {"app": "s"}, vllm("m")),
        pool("s", {"app": "s"}, 8000),
        service("s", {"app": "s"}, 8000),
    ]
    assert (planned(one, objects, {}) is None) is (one.refused is not None)


@pytest.mark.parametrize("one", GATEWAYS, ids=lambda one: one.name)
@settings(max_examples=40, deadline=None)
@given(inventories(), OPTIONS)
def test_the_row_of_an_implementation(one: Implementation, objects: list[Obj], options: Obj) -> None:
    plan = planned(one, objects, options)
    if plan is None:
        return
    manifests = render(plan)
    kinds = {str(manifest.obj["kind"]) for manifest in manifests}
    assert kinds <= COMMON | {read.kind for read in one.prints}
    assert options.get("image") or not kinds & PODS
    routes = "".join(manifest.text for manifest in manifests if manifest.obj["kind"] == "HTTPRoute")
    assert one.patterns or "RegularExpression" not in routes
    assert one.timeouts == "rule" or "timeouts:" not in routes
    assert one.retries or "x-envoy-retry-on" not in routes
    assert one.poolless is None or "InferencePool" not in {s.kind for _, rule in rules(plan) for s in rule.shares}
    for _, rule in rules(plan):
        pools = [share for share in rule.shares if share.port is None]
        assert len(pools) <= 1 or one.weightless is None
        assert rule.name is None or one.answers_by_rule
        assert rule.extension is None or one.answers is not None
    if one.one_pool_per_route:
        assert all(len({s.name for rule in route.rules for s in rule.shares}) <= 1 for route in plan.routes)
    if one.picks_per_match and plan.carrier.kind != "none":
        repeated = {notice.object for notice in plan.notices if notice.code == "picker-repeated"}
        for route, rule in rules(plan):
            for share in rule.shares:
                name = f"InferencePool {route.ref.namespace}/{share.name}"
                others = [
                    r for at, r in rules(plan) if at.ref == route.ref and share.name in {s.name for s in r.shares}
                ]
                assert name in repeated or sum(len(each.matches) for each in others) == 1
