"""The policies with which agentgateway reads bodies, and the routes that they need."""

from __future__ import annotations

import pytest

from llmd_routes.model.plan import Match, Plan, Share
from llmd_routes.output.render import render
from tests.generator.objects import Obj, deployment, gateway, pool, vllm

from .planned import planned, policies

FAR = [
    deployment("far", {"app": "far"}, vllm("n"), namespace="far"),
    pool("far", {"app": "far"}, 8000, namespace="far"),
]


def test_one_policy_reads_and_three_answer() -> None:
    plan = planned()
    assert list(policies(plan)) == ["ns.gw", "ns.gw.unserved", "ns.gw.models", "ns.gw.no-model"]
    assert [rule.name for rule in plan.routes[0].rules] == ["unserved", "models", "no-model", None, None]
    assert plan.carrier.body_limit == 32 * 1024 * 1024


def test_the_buffer_belongs_to_the_whole_gateway() -> None:
    plan = planned(listener="default")
    emitted = {obj["metadata"]["name"]: obj["spec"] for obj in objects(plan) if obj["kind"] == "AgentgatewayPolicy"}
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}
    assert emitted["ns.gw"]["targetRefs"] == [{**target, "sectionName": "default"}]
    assert "frontend" not in emitted["ns.gw"]
    assert emitted["ns.gw.buffer"] == {
        "targetRefs": [target],
        "frontend": {"http": {"maxBufferSize": 32 * 1024 * 1024}},
    }


def objects(plan: Plan) -> list[Obj]:
    return [dict(manifest.obj) for manifest in render(plan)]


def test_only_the_first_route_has_names() -> None:
    plan = planned(*FAR)
    assert [route.ref.namespace for route in plan.routes] == ["far", "ns"]
    assert [bool(route.rules[0].name) for route in plan.routes] == [True, False]
    answering = [each.ref.namespace for name, each in policies(plan).items() if name != "ns.gw"]
    assert answering == ["far"] * 3


def test_two_gateways_share_the_answers() -> None:
    plan = planned(gateway("other", "agentgateway"), gateways=("gw", "other"), instance="all")
    assert list(policies(plan)) == ["all", "all.unserved", "all.models", "all.no-model", "all-2"]


def test_a_models_server_answers_instead() -> None:
    plan = planned(image="registry.example.com/llmd-routes:v1")
    assert list(policies(plan)) == ["ns.gw"]
    assert not any(rule.name for route in plan.routes for rule in route.rules)


def test_weights_split_requests_without_an_engine() -> None:
    plan = planned(splits=("vllm=80,sglang=20",))
    rule = plan.routes[0].rules[-1]
    group = "inference.networking.k8s.io"
    assert rule.matches == (Match("/v1", ("m",), ("default",)),)
    assert rule.shares == (Share("elm", group, 20), Share("oak", group, 80))


@pytest.mark.parametrize(("size", "limit"), [("1Mi", 1024**2), ("32Mi", 32 * 1024**2)])
def test_the_limit(size: str, limit: int) -> None:
    plan = planned(body_limit=size)
    assert policies(plan)["ns.gw"].values["limit"] == limit
    assert "larger ones are not read, and get 400" in policies(plan)["ns.gw"].note


HTTP = {"body_to_header": "external", "image": "registry.example.com/llmd-routes:v1"}


def test_a_service_is_asked_about_requests_of_the_routes_only() -> None:
    plan = planned(**HTTP, hostnames=("llm.example.com",))
    assert plan.carrier.kind == "ext-authz"
    assert list(policies(plan)) == ["ns.gw"]
    (policy,) = (obj for obj in objects(plan) if obj["kind"] == "AgentgatewayPolicy")
    (entry,) = policy["spec"]["traffic"]["extAuth"]["conditional"]
    assert "llm" in entry["condition"] and entry["policy"]["failureMode"] == "FailClosed"
    assert entry["policy"]["forwardBody"] == {"maxSize": 32 * 1024 * 1024}
    (service,) = (o for o in objects(plan) if o["kind"] == "Service" and o["metadata"]["name"].startswith("ext-authz"))
    backend = {"group": "", "kind": "Service", "name": service["metadata"]["name"], "port": 9003}
    assert entry["policy"]["backendRef"] == backend


def test_the_service_does_not_check_hosts_which_it_is_not_sent() -> None:
    plan = planned(**HTTP, hostnames=("llm.example.com",))
    (deployment,) = (each for each in plan.printed if str(each.ref).startswith("Deployment ns/ext-authz-"))
    assert deployment.values["settings"].hosts == ()


def test_on_one_listener_it_needs_no_buffer() -> None:
    assert list(policies(planned(**HTTP, listener="default"))) == ["ns.gw"]
