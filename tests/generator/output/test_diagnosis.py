"""A diagnosis as people and programs get it."""

from __future__ import annotations

import json

from ruamel.yaml import YAML

from llmd_routes.output.diagnosis import as_text
from tests.generator.diagnosing.test_diagnose import broken, diagnosed, healthy, of_kind
from tests.generator.objects import Obj


def dead_picker(objects: list[Obj]) -> None:
    of_kind(objects, "Pod", "pod-2")["status"]["conditions"] = []


def test_a_healthy_path_is_one_line() -> None:
    lines = as_text(diagnosed(healthy()), "text").splitlines()
    assert lines == [
        "ok: Gateway ns/gw -> HTTPRoute ns/x rule 2 -> InferencePool ns/sglang -> Service ns/sglang-epp (1 of 1 ready)"
        " -> 1 of 1 pods ready",
        "ok: Gateway ns/gw -> HTTPRoute ns/x rule 3 -> InferencePool ns/vllm -> Service ns/vllm-epp (1 of 1 ready)"
        " -> 1 of 1 pods ready",
    ]


def test_a_finding_has_field_impact_and_fix() -> None:
    lines = as_text(broken(dead_picker), "text").splitlines()
    assert lines[:4] == [
        "error: Service ns/vllm-epp: no pod of the endpoint picker is ready, and failureMode is FailClose"
        " [picker-unavailable]",
        "  field: status.conditions[Ready] of its pods",
        "  impact: requests to InferencePool ns/vllm get 500",
        "  fix: kubectl describe pods -n ns pod-2",
    ]
    assert [line.partition(":")[0] for line in lines[4:]] == ["ok"]


def test_programs_get_the_same_as_json_and_yaml() -> None:
    found = broken(dead_picker)
    data = json.loads(as_text(found, "json"))
    assert YAML(typ="safe").load(as_text(found, "yaml")) == data
    assert data["findings"][0]["cause"] == "picker-unavailable"
    assert data["paths"][0]["ready"] == 1
    assert data["unread"] == []
