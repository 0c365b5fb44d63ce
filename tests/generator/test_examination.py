"""From a request to a diagnosis: what generate could not print is part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmd_routes.errors import InputError
from llmd_routes.examination import Examination, Wish, examine
from llmd_routes.reading.request import Input
from tests.generator.diagnosing.test_diagnose import TRUE, healthy
from tests.generator.emitted import engines
from tests.generator.objects import Obj, container, deployment, gateway, write_objects

STANDING = {"gateways": (), "epp_config_file": None, "defaults": (), "splits": ()}


def examined(folder: Path, objects: list[Obj], *gateways: str, namespaces: tuple[str, ...] = ()) -> Examination:
    path = write_objects(folder, objects)
    source = Input((str(path),), False, namespaces, False, None, None, (), None, False)
    return examine(source, Wish(gateways, None, STANDING))


def test_a_sound_installation(tmp_path: Path) -> None:
    done = examined(tmp_path, healthy())
    assert (done.diagnosis.findings, done.notices) == ((), ())
    assert [door.ref.name for door in done.view.doors] == ["gw"]


def test_without_routes_what_prevents_them_follows(tmp_path: Path) -> None:
    objects = [*engines(), gateway(), gateway("b")]
    for obj in objects:
        if obj["kind"] == "Gateway":
            obj["status"] = {"conditions": TRUE}
        if obj["kind"] == "Deployment":
            obj["spec"]["template"]["spec"]["containers"][0]["command"] = ["own-server"]
            obj["spec"]["template"]["metadata"]["labels"].pop("llm-d.ai/owned-by")
    done = examined(tmp_path, objects, "b")
    first, *others = done.diagnosis.findings
    assert (first.cause, first.object) == ("no-route", "Gateway ns/b")
    assert first.fix == "correct what prevents its output, then run llmd-routes generate"
    assert others
    assert {finding.impact for finding in others} == {"llmd-routes generate prints nothing, so no route can exist"}


def test_another_namespace_is_named_if_the_gateway_is_there(tmp_path: Path) -> None:
    objects = [gateway() | {"status": {"conditions": TRUE}}]
    first, second = examined(tmp_path, objects, namespaces=("default",)).diagnosis.findings
    assert first.cause == "no-route"
    assert second.fact == "no ModelService in namespace default, and Gateway ns/gw is in ns"
    assert second.fix == "pass -n ns, or -A for all namespaces"


def test_what_planning_notices_about_an_installation_is_part_of_it(tmp_path: Path) -> None:
    rule = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "vllm-epp", "namespace": "ns"},
        "spec": {"host": "vllm-epp.ns.svc.cluster.local", "trafficPolicy": {"tls": {"mode": "DISABLE"}}},
    }
    picker = deployment(
        "vllm-epp", {"epp": "vllm"}, container("epp", "ghcr.io/llm-d/llm-d-inference-scheduler:v0.3", [])
    )
    found = examined(tmp_path, [*(obj for obj in healthy() if obj["kind"] != "DestinationRule"), picker, rule])
    assert [(each.cause, each.object) for each in found.diagnosis.findings] == [
        ("picker-tls", "DestinationRule ns/vllm-epp")
    ]


def test_a_fix_by_labels_is_a_whole_command(tmp_path: Path) -> None:
    objects = [obj for obj in healthy() if obj["kind"] != "Pod"]
    for obj in objects:
        if obj["kind"] == "Deployment" and obj["metadata"]["name"] in ("vllm", "sglang"):
            obj["spec"]["template"]["metadata"]["labels"] = {"app": "same"}
        if obj["kind"] == "InferencePool":
            obj["spec"]["selector"] = {"matchLabels": {"app": "same"}}
    fixes = [each.fix for each in examined(tmp_path, objects).diagnosis.findings if each.cause == "cross-selection"]
    assert fixes
    assert all(fix.startswith(f"llmd-routes label -f {tmp_path}") for fix in fixes)


def test_without_a_gateway_there_is_nothing_to_examine(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the input contains no Gateway"):
        examined(tmp_path, engines())
