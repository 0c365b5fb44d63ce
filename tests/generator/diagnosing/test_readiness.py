"""An instance is in effect once controllers have said so of every object, and its pickers are ready."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.diagnosing.readiness import Readiness, judge_readiness
from llmd_routes.explaining.entrances import find_doors
from tests.generator.explaining.asking import around, match, route, rule
from tests.generator.objects import Obj, gateway

from .test_diagnose import TRUE, healthy, of_kind


def judged(objects: list[Obj], instance: str | None = None) -> Readiness:
    looked_up = around(objects)
    return judge_readiness(find_doors(looked_up.inventory, looked_up.objects), looked_up, instance)


def accepted(implementation: str = "istio") -> list[Obj]:
    """Return a sound installation in which controllers have reported about pools and policies too."""
    objects = healthy(implementation)
    for obj in objects:
        if obj["kind"] == "InferencePool":
            obj["status"] = {"parents": [{"parentRef": {"kind": "Gateway", "name": "gw"}, "conditions": TRUE}]}
        if obj["kind"] in ("AgentgatewayPolicy", "EnvoyExtensionPolicy", "ClientTrafficPolicy", "SecurityPolicy"):
            obj["status"] = {"ancestors": [{"ancestorRef": {"name": "gw"}, "conditions": TRUE}]}
        if obj["kind"] == "Deployment" and "llmd-routes/instance" in obj["metadata"].get("labels", {}):
            obj["status"] = {"availableReplicas": 1}
    return objects


@pytest.mark.parametrize("implementation", ["istio", "agentgateway", "envoy-gateway", "envoy"])
def test_a_sound_installation_is_in_effect(implementation: str) -> None:
    readiness = judged(accepted(implementation))
    assert readiness.findings == ()
    assert {ref.name for ref in readiness.objects if ref.kind == "Service"} >= {"vllm-epp", "sglang-epp"}


def test_objects_are_in_the_order_of_a_request() -> None:
    kinds = [ref.kind for ref in judged(accepted()).objects]
    assert list(dict.fromkeys(kinds)) == ["Gateway", "HTTPRoute", "InferencePool", "Service"]


@pytest.mark.parametrize(
    ("implementation", "kind"),
    [
        ("istio", "Gateway"),
        ("istio", "HTTPRoute"),
        ("istio", "InferencePool"),
        ("agentgateway", "AgentgatewayPolicy"),
        ("envoy-gateway", "EnvoyExtensionPolicy"),
        ("envoy-gateway", "ClientTrafficPolicy"),
    ],
)
def test_what_nobody_has_reported_about_is_waited_for(implementation: str, kind: str) -> None:
    objects = accepted(implementation)
    missing = of_kind(objects, kind)
    del missing["status"]
    (waiting,) = judged(objects).waiting
    assert waiting == f"{kind} {missing['metadata']['namespace']}/{missing['metadata']['name']}"


def test_every_gateway_of_a_route_must_accept_it() -> None:
    objects = [*accepted(), gateway("second") | {"status": {"conditions": TRUE}}]
    of_kind(objects, "HTTPRoute")["spec"]["parentRefs"].append({"name": "second"})
    (finding,) = judged(objects).findings
    assert finding.fact == "no controller reports a status for Gateway ns/second"


def change(obj: Obj, **condition: Any) -> None:
    obj["status"]["parents"][0]["conditions"] = [{"type": "Accepted", "status": "True"} | condition]


def test_an_earlier_generation_is_waited_for() -> None:
    objects = accepted()
    made = of_kind(objects, "HTTPRoute")
    made["metadata"]["generation"] = 2
    change(made, observedGeneration=1)
    assert [finding.cause for finding in judged(objects).findings] == ["stale-status"]
    change(made, observedGeneration=2)
    assert judged(objects).findings == ()


def test_pickers_are_waited_for_and_engines_are_not() -> None:
    objects = accepted()
    for name in ("pod-0", "pod-2"):
        of_kind(objects, "Pod", name)["status"]["conditions"] = []
    assert judged(objects).waiting == ("Service ns/vllm-epp",)


def test_another_instance_does_not_count() -> None:
    objects = accepted()
    del of_kind(objects, "HTTPRoute")["status"]
    other = route("other", rule(match(), to="vllm"))
    other["metadata"]["labels"] = {"llmd-routes/instance": "y"}
    other["status"] = {"parents": [{"parentRef": {"name": "gw"}, "conditions": TRUE}]}
    assert judged([*objects, other], "y").findings == ()
    assert judged([*objects, other], "x").waiting == ("HTTPRoute ns/x",)
    (finding,) = judged([*objects, other], "z").findings
    assert (finding.cause, finding.fact) == ("no-route", "no HTTPRoute of instance z is attached to it")


def test_a_generated_deployment_must_be_available() -> None:
    objects = accepted("envoy")
    made = next(
        obj
        for obj in objects
        if obj["kind"] == "Deployment" and "llmd-routes/instance" in obj["metadata"].get("labels", {})
    )
    made["status"] = {"replicas": 2}
    assert judged(objects).waiting == (f"Deployment ns/{made['metadata']['name']}",)
