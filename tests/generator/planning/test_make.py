"""The plan as a whole: what is in the way, what stays as it was, and what is said."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.plan import Plan
from llmd_routes.output.render import render
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, epp, gateway, pool, service, vllm
from tests.generator.options import to_options
from tests.generator.planning.collected import extractors

SGLANG = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m"])
A, B = deployment("a", {"app": "a"}, vllm("m")), deployment("b", {"app": "b"}, SGLANG)
POOLS = [pool("a", {"app": "a"}, 8000, epp="a-epp"), pool("b", {"app": "b"}, 30000, epp="b-epp")]
SCENE = [A, B, *POOLS, gateway()]
UNKNOWN = deployment("c", {"llm-d.ai/role": "decode"}, container("x", "example.com/mine:1", ["serve", "m"]))


def plan(*objects: Obj, scope: Scope | None = None, **options: Any) -> Plan:
    namespaces = options.get("namespaces", ())
    return make_plan(build_inventory(objects, scope or Scope(namespaces, assume=True)), to_options(**options))


def problems(*objects: Obj, **options: Any) -> list[str]:
    with pytest.raises(PlanError) as caught:
        plan(*objects, **options)
    return list(caught.value.lines)


def crd(version: str, channel: str = "standard") -> Obj:
    annotations = {
        "gateway.networking.k8s.io/bundle-version": version,
        "gateway.networking.k8s.io/channel": channel,
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "httproutes.gateway.networking.k8s.io", "annotations": annotations},
    }


def hosts_of(made: Plan) -> list[str]:
    """Return the hosts of the DestinationRules that are emitted for endpoint pickers."""
    return [one.values["host"] for one in made.printed if one.ref.kind == "DestinationRule"]


def test_a_plan() -> None:
    made = plan(*SCENE)
    assert made.instance == "ns.gw"
    assert made.defaults == {"m": "vllm"}
    assert [b.target.name for b in made.backends] == ["a", "b"]
    assert (made.pools, hosts_of(made), made.notices) == ((), [], ())
    assert [str(route.ref) for route in made.routes] == ["HTTPRoute ns/ns.gw"]


def test_all_problems_at_once() -> None:
    found = problems(A, B, UNKNOWN, timeout="x", defaults=("tgi",))
    assert [line.partition(":")[0] for line in found] == [
        "--route-timeout x",
        "the input contains no Gateway; add its manifest, or pass --gateway NS/NAME --implementation NAME",
        "ModelService ns/a",
        "ModelService ns/b",
        "--default-engine tgi",
    ]


def test_nothing_to_route() -> None:
    assert problems(gateway()) == ["no ModelService in the input; check -f and -n"]
    (line,) = problems(gateway(), UNKNOWN)
    assert line.startswith("ModelService ns/c: not routed: no label, command, image")
    assert line.endswith("set the pod label llm-d.ai/engine-type (vllm, sglang, ...)")


def test_what_is_left_out_must_not_be_served_by_our_routes_today() -> None:
    assert [b.target.name for b in plan(*SCENE, UNKNOWN).backends] == ["a", "b"]
    today = applied(plan(*SCENE))
    broken = deployment("a", {"app": "a", "llm-d.ai/role": "decode"}, container("x", "example.com/mine:1"))
    (line,) = problems(broken, B, *POOLS, gateway(), *today)
    assert line.startswith("ModelService ns/a: HTTPRoute ns/ns.gw routes to it, and the generated routes would not: ")


def test_a_source_that_could_not_be_read_stops_everything() -> None:
    requester = deployment(
        "r",
        {"app": "r"},
        container("inference-server", "ghcr.io/llm-d/requester:v1"),
        annotations={"dual-pods.llm-d.ai/inference-server-config": "missing"},
    )
    assert problems(*SCENE, requester) == [
        "Deployment/r: a dual-pod requester whose InferenceServerConfig missing is not in the input,"
        " so the routes would be incomplete"
    ]


def test_a_namespace_is_never_guessed() -> None:
    bare = copy.deepcopy(SCENE)
    for obj in bare:
        del obj["metadata"]["namespace"]
    assert problems(*bare)[0] == (
        "ModelService a, ModelService b, Gateway gw: carry no namespace, and no Gateway, InferencePool or"
        " endpoint picker names one;"
        " pass -n NAMESPACE"
    )
    assert plan(*bare, namespaces=("x",)).instance == "x.gw"
    two = [copy.deepcopy(A), *POOLS, gateway(), gateway("other", namespace="infra")]
    del two[0]["metadata"]["namespace"]
    assert problems(*two)[0] == (
        "ModelService a: carries no namespace, and Gateways, InferencePools and endpoint pickers name infra, ns;"
        " pass -n NAMESPACE"
    )


def test_the_one_namespace_that_is_named_is_taken() -> None:
    bare = copy.deepcopy(A)
    del bare["metadata"]["namespace"]
    assert [b.keyed.service.namespace for b in plan(bare, *SCENE[1:]).backends] == ["ns", "ns"]


def applied(made: Plan) -> list[Obj]:
    """Return what a cluster holds after the plan was applied."""
    return [dict(manifest.obj) for manifest in render(made)]


def test_the_default_stays_what_our_routes_have() -> None:
    first = plan(*SCENE, defaults=("sglang",))
    assert plan(*SCENE, *applied(first)).defaults == {"m": "sglang"}
    routes = [obj for obj in applied(first) if obj["kind"] == "HTTPRoute"]
    assert plan(*SCENE, *routes, instance="other").defaults == {"m": "vllm"}
    assert plan(*SCENE, *applied(first), defaults=("vllm",)).defaults == {"m": "vllm"}


def test_our_own_objects_change_nothing() -> None:
    waiting = [
        A,
        gateway(),
        epp("a-epp", "--pool-name", "a", "--pool-namespace", "ns", labels={"epp": "a"}),
        service("a-epp", {"epp": "a"}),
    ]
    first = applied(plan(*waiting))
    assert [obj["kind"] for obj in first] == ["InferencePool", "DestinationRule", "EnvoyFilter", "HTTPRoute"]
    assert applied(plan(*waiting, *first)) == first


@pytest.mark.parametrize(("words", "limit"), [((), 4128768), (("--grpc-max-recv-msg-size=16777216",), 16711680)])
def test_bodies_are_read_as_far_as_the_picker_takes_them(words: tuple[str, ...], limit: int) -> None:
    picker = epp("a-epp", "--pool-name", "a", "--pool-namespace", "ns", *words, labels={"epp": "a"})
    found = plan(A, gateway(), picker, service("a-epp", {"epp": "a"}))
    assert (found.carrier.body_limit, [one.settings.body_limit for one in extractors(found.printed)]) == (
        limit,
        [limit],
    )


def test_a_route_of_somebody_else_is_never_replaced() -> None:
    _, route = applied(plan(*SCENE))
    route["metadata"]["labels"] = {}
    assert problems(*SCENE, route) == [
        "HTTPRoute ns/ns.gw: already exists and belongs to another instance; pass another --instance"
    ]


TIMEOUTS = [
    ([], {}, "0s"),
    ([], {"timeout": "30s"}, "30s"),
    ([crd("v1.1.0")], {}, None),
    ([crd("v1.1.0", "experimental")], {}, "0s"),
    ([crd("v1.2.1")], {}, "0s"),
]


@pytest.mark.parametrize(("objects", "options", "expected"), TIMEOUTS)
def test_timeouts_where_the_api_has_them(objects: list[Obj], options: Any, expected: str | None) -> None:
    made = plan(*SCENE, *objects, **options)
    assert made.timeout == expected
    _, route = applied(made)
    rule = route["spec"]["rules"][1]
    assert rule.get("timeouts") == ({"request": expected} if expected else None)


def test_a_timeout_that_the_api_does_not_have() -> None:
    assert problems(*SCENE, crd("v1.1.0"), timeout="1s") == [
        "--route-timeout: the HTTPRoute CRD has no timeouts; remove the option, or install Gateway API v1.2"
    ]


def test_more_matches_a_rule_where_the_api_has_them() -> None:
    names = [f"m{n}" for n in range(8)]
    many = deployment("a", {"app": "a"}, vllm("m", "--served-model-name", *names))
    scene = [many, POOLS[0], gateway()]
    assert [len(rule.matches) for rule in plan(*scene).routes[0].rules] == [3, 8, 8]
    assert [len(rule.matches) for rule in plan(*scene, crd("v1.3.0")).routes[0].rules] == [3, 16]


def test_what_is_said() -> None:
    assert [n.code for n in plan(*SCENE, path_prefixes=("/",)).notices] == ["path-prefix"]
    far = [deployment("c", {"app": "c"}, vllm("n"), namespace="x"), pool("c", {"app": "c"}, 8000, namespace="x")]
    assert [n.code for n in plan(*SCENE, *far).notices] == ["istio-version"]


def test_a_rewritten_prefix_keeps_its_precedence() -> None:
    made = plan(*SCENE, path_prefixes=("/v1", "/openai/v1"))
    rules = [rule for route in made.routes for rule in route.rules]
    rewritten = [rule for rule in rules if rule.rewrite]
    assert {(rule.matches[0].path, rule.rewrite) for rule in rewritten} == {("/openai/v1", "/v1")}
    assert all(len(rule.matches) == 1 and rule.shares for rule in rewritten)
    kept = [match for rule in rules if rule.shares and not rule.rewrite for match in rule.matches]
    assert sorted(match.models for match in kept) == sorted(rule.matches[0].models for rule in rewritten)
    assert not any(
        rule.rewrite
        for route in plan(*SCENE, path_prefixes=("/openai/v1",), keep_path=True).routes
        for rule in route.rules
    )
    assert [n.object for n in plan(*SCENE, path_prefixes=("/llm",)).notices] == ["--path-prefix /llm"]


def test_a_route_for_each_pool_where_a_route_has_one_pool() -> None:
    routes = plan(*SCENE[:-1], gateway(gateway_class="cilium")).routes
    pools = [{share.name for rule in route.rules for share in rule.shares} for route in routes]
    assert [len(names) for names in pools] == [1] * len(routes)
    assert len(routes) > 1


def test_what_an_implementation_needs_is_said() -> None:
    for name, is_needed in (("eg", True), ("gke-l7-rilb", True), ("agentgateway", False)):
        made = plan(*SCENE[:-1], gateway(gateway_class=name))
        assert ("implementation" in [notice.code for notice in made.notices]) is is_needed


def tls_epp(*args: str) -> list[Obj]:
    return [epp("a-epp", "--pool-name", "a", *args, labels={"epp": "a"}), service("a-epp", {"epp": "a"})]


def destination_rule(name: str, host: str, namespace: str = "ns", **labels: str) -> Obj:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"host": host},
    }


HOST = "a-epp.ns.svc.cluster.local"
RULES = [
    (tls_epp(), [HOST]),
    (tls_epp("--secure-serving=false"), []),
    # istio merges two rules for the same host, so no second one is emitted.
    ([*tls_epp(), destination_rule("x", HOST)], []),
    ([*tls_epp(), destination_rule("x", "a-epp")], []),
    ([*tls_epp(), destination_rule("x", "a-epp.ns", namespace="other")], [HOST]),
    ([*tls_epp(), destination_rule("x", "*.ns.svc.cluster.local")], [HOST]),
    ([*tls_epp(), destination_rule("x", "a-epp", namespace="other")], [HOST]),
    ([*tls_epp(), destination_rule("a-epp", HOST, **{"llmd-routes/instance": "ns.gw"})], [HOST]),
]


@pytest.mark.parametrize(("objects", "hosts"), RULES)
def test_destination_rules(objects: list[Obj], hosts: list[str]) -> None:
    assert hosts_of(plan(*SCENE, *objects)) == hosts
    other = [gateway(gateway_class="agentgateway"), *SCENE[:-1], *objects]
    assert hosts_of(plan(*other)) == []


def test_a_destination_rule_of_somebody_else_is_never_replaced() -> None:
    assert problems(*SCENE, *tls_epp(), destination_rule("a-epp", "elsewhere.example.com")) == [
        f"DestinationRule ns/a-epp: has the name of the generated rule for {HOST} and another host; rename it"
    ]
