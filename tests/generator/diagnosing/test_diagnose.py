"""A healthy installation has one line for each path, and a broken one has its cause first."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.diagnosing.diagnose import Known, diagnose
from llmd_routes.explaining.entrances import find_doors
from llmd_routes.model.findings import Diagnosis
from tests.generator.emitted import emitted
from tests.generator.explaining.asking import around, match, route, rule
from tests.generator.explaining.test_backends import pod
from tests.generator.objects import Obj, gateway
from tests.generator.scenes import sglang

TRUE = [{"type": kind, "status": "True"} for kind in ("Accepted", "Programmed", "ResolvedRefs")]


def diagnosed(objects: list[Obj], *, is_live: bool = True) -> Diagnosis:
    looked_up = around(objects, is_live=is_live)
    doors = find_doors(looked_up.inventory, looked_up.objects)
    return diagnose(doors, looked_up, Known(looked_up.inventory.notices), is_live=is_live)


def healthy(implementation: str = "istio") -> list[Obj]:
    """Return everything that generate emits, with pods that are ready, and the status of a controller."""
    objects = emitted(implementation)
    for obj in objects:
        if obj["kind"] == "Gateway":
            obj["status"] = {"conditions": TRUE}
        if obj["kind"] == "HTTPRoute":
            obj["status"] = {"parents": [{"parentRef": {"name": "gw"}, "conditions": TRUE}]}
        if obj["kind"] == "Deployment" and "llmd-routes/instance" in obj["metadata"].get("labels", {}):
            obj["status"] = {"availableReplicas": 2}
        if obj["kind"] == "Deployment" and obj["metadata"]["name"] == "sglang":
            program = sglang("--served-model-name", "m1", "--port", "8000")
            obj["spec"]["template"]["spec"]["containers"] = [program]
    labels = [{"app": "vllm"}, {"app": "sglang"}, {"epp": "vllm"}, {"epp": "sglang"}]
    return [*objects, *(pod(f"pod-{number}", each) for number, each in enumerate(labels))]


@pytest.mark.parametrize("implementation", ["istio", "agentgateway", "envoy-gateway", "envoy"])
def test_a_healthy_installation_has_no_finding(implementation: str) -> None:
    found = diagnosed(healthy(implementation))
    assert found.findings == ()
    assert {path.destination.backend.name for path in found.paths} == {"vllm", "sglang"}
    assert found.unread == ()


def broken(change: Any) -> Diagnosis:
    objects = healthy()
    change(objects)
    return diagnosed(objects)


def of_kind(objects: list[Obj], kind: str, name: str = "") -> Obj:
    return next(obj for obj in objects if obj["kind"] == kind and name in obj["metadata"]["name"])


def test_a_false_condition_comes_before_what_it_causes() -> None:
    def change(objects: list[Obj]) -> None:
        of_kind(objects, "Gateway")["status"]["conditions"] = [{"type": "Programmed", "status": "False"}]
        of_kind(objects, "Pod", "pod-0")["status"]["conditions"] = []

    found = broken(change)
    assert [(each.cause, each.object) for each in found.findings] == [
        ("condition", "Gateway ns/gw"),
        ("pods", "InferencePool ns/vllm"),
    ]
    assert found.paths == ()


def test_a_missing_pool_is_named_with_the_rule() -> None:
    found = broken(lambda objects: objects.remove(of_kind(objects, "InferencePool", "vllm")))
    assert found.findings[0].cause == "backend"
    assert found.findings[0].object == "HTTPRoute ns/x"


def test_a_gateway_without_routes_is_an_error() -> None:
    (found,) = diagnosed([gateway() | {"status": {"conditions": TRUE}}]).findings
    assert (found.cause, found.impact, found.fix) == (
        "no-route",
        "requests to engines get 404",
        "run llmd-routes generate",
    )


def test_other_applications_are_not_judged() -> None:
    other = gateway("other")
    web = route("web", rule(match(), to=None) | {"backendRefs": [{"name": "web", "port": 80}]})
    far = route("far", rule(match(), to=None), parentRefs=[{"name": "other"}])
    assert diagnosed([*healthy(), other, web, far]).findings == ()
    found = diagnosed([gateway() | {"status": {"conditions": TRUE}}, web]).findings
    assert [each.cause for each in found] == ["no-route"]


def test_what_is_not_in_files_is_not_called_sound() -> None:
    found = diagnosed([gateway(), route("r", rule(match(), to="absent"))], is_live=False)
    assert found.paths == ()
    assert [path.destination.backend.name for path in found.unread] == []
    piped = [obj for obj in emitted("istio") if obj["kind"] in ("HTTPRoute", "EnvoyFilter")]
    known = diagnosed(piped, is_live=False)
    assert known.paths == ()


def test_a_finding_about_one_pool_leaves_the_paths_to_others() -> None:
    def change(objects: list[Obj]) -> None:
        of_kind(objects, "Pod", "pod-0")["status"]["conditions"] = []

    found = broken(change)
    assert [each.object for each in found.findings] == ["InferencePool ns/vllm"]
    assert {path.destination.backend.name for path in found.paths} == {"sglang"}
