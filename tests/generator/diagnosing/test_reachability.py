"""Rules of generated routes whose requests go elsewhere are findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmd_routes.diagnosing.reachability import judge_reachability
from llmd_routes.explaining.entrances import find_doors
from llmd_routes.model.findings import Finding
from tests.generator.emitted import emitted
from tests.generator.explaining.asking import around, match, route, rule
from tests.generator.objects import Obj
from tests.golden import arguments, folders, run

IMPLEMENTATIONS = ["istio", "agentgateway", "envoy-gateway", "envoy", "gke"]


def judged(objects: list[Obj]) -> list[Finding]:
    looked_up = around(objects)
    doors = find_doors(looked_up.inventory, looked_up.objects)
    return [finding for door in doors for finding in judge_reachability(door, looked_up)]


@pytest.mark.parametrize("options", [{}, {"hostnames": ("*.example.com",)}, {"path_prefixes": ("/llm/v1", "/x")}])
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_what_generate_emits_is_reachable(implementation: str, options: dict[str, object]) -> None:
    assert judged(emitted(implementation, **options)) == []


def test_an_older_route_that_is_more_specific_is_named_with_its_rule() -> None:
    old = route("old", rule(match("/v1/chat"), to="other"), created="2020-01-01T00:00:00Z")
    findings = judged([*emitted("istio"), old])
    assert {finding.cause for finding in findings} == {"unreachable-rule"}
    assert findings[0].object == "HTTPRoute ns/x"
    assert "rule 1 of HTTPRoute ns/old captures requests for model m1" in findings[0].fact
    assert "because of a longer path" in findings[0].fact
    assert "narrow spec.rules[0].matches of HTTPRoute ns/old" in findings[0].fix


def test_an_older_route_to_the_same_pools_changes_nothing() -> None:
    objects = emitted("istio")
    (made,) = (obj for obj in objects if obj["kind"] == "HTTPRoute")
    copy = made | {"metadata": {"name": "a", "namespace": "ns", "creationTimestamp": "2020-01-01T00:00:00Z"}}
    made["metadata"]["creationTimestamp"] = "2021-01-01T00:00:00Z"
    assert judged([*objects, copy]) == []


def test_a_rule_that_was_deleted_by_hand_leaves_no_trial_but_a_changed_header_does() -> None:
    objects = emitted("istio")
    (made,) = (obj for obj in objects if obj["kind"] == "HTTPRoute")
    for each in made["spec"]["rules"]:
        for wanted in each["matches"]:
            for header in wanted.get("headers", ()):
                header["value"] = header["value"].replace("sglang", "SGLang")
    findings = judged(objects)
    assert findings
    assert "SGLang" in findings[0].fact


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_the_rules_of_every_example_are_reachable(folder: Path, tmp_path: Path) -> None:
    example, made = str(folder / "objects.yaml"), tmp_path / "made.yaml"
    generated = run("generate", "-f", example, *arguments(folder))
    made.write_text(generated.stdout)
    said = run("doctor", "-f", example, "-f", str(made))
    assert said.code in (0, 1, 2), said.stderr
    assert "[unreachable-rule]" not in said.stdout
