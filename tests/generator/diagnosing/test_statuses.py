"""Only objects that belong to the judged Gateways and instances are judged."""

from __future__ import annotations

from llmd_routes.diagnosing.statuses import find_objects, judge_statuses
from llmd_routes.explaining.entrances import find_doors
from llmd_routes.kube.objects import Ref
from tests.generator.emitted import emitted
from tests.generator.explaining.asking import around, match, route, rule
from tests.generator.objects import Obj, gateway

POOLS = {Ref("ns", "InferencePool", "vllm")}


def chosen(objects: list[Obj], instance: str | None = None) -> list[tuple[str, str]]:
    looked_up = around(objects)
    doors = [door for door in find_doors(looked_up.inventory, looked_up.objects) if door.ref.name != "other"]
    return [(ref.kind, ref.name) for ref, _ in find_objects(doors, POOLS, looked_up, instance)]


def test_gateway_routes_and_pools_in_the_order_of_a_request() -> None:
    far = route("far", rule(match()), parentRefs=[{"name": "other"}])
    assert chosen([*emitted("istio"), gateway("other"), far]) == [
        ("Gateway", "gw"),
        ("HTTPRoute", "x"),
        ("InferencePool", "vllm"),
    ]


def test_policies_are_those_of_an_instance() -> None:
    objects = emitted("agentgateway")
    of_any = [kind for kind, _ in chosen(objects)]
    assert "AgentgatewayPolicy" in of_any
    assert [kind for kind, _ in chosen(objects, "x")] == of_any
    assert "AgentgatewayPolicy" not in [kind for kind, _ in chosen(objects, "y")]


def test_a_late_pool_replaces_the_condition_that_it_causes() -> None:
    objects = emitted("istio")
    missing = {"type": "ResolvedRefs", "status": "False", "reason": "BackendNotFound"}
    for obj in objects:
        if obj["kind"] == "InferencePool":
            obj["metadata"]["creationTimestamp"] = "2026-01-01T00:00:09Z"
        if obj["kind"] == "HTTPRoute":
            condition = missing | {"lastTransitionTime": "2026-01-01T00:00:00Z"}
            obj["status"] = {"parents": [{"parentRef": {"name": "gw"}, "conditions": [condition]}]}
        if obj["kind"] == "Gateway":
            obj["status"] = {"conditions": [{"type": "Programmed", "status": "True"}]}
    looked_up = around(objects)
    doors = find_doors(looked_up.inventory, looked_up.objects)
    assert [each.cause for each in judge_statuses(doors, set(), looked_up, is_live=True)] == ["pool-after-route"]
