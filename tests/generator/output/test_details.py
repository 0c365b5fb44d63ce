"""The lines of -v."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from llmd_routes.output.details import details
from tests.generator.objects import deployment, epp, vllm


def test_objects_by_kind_evidence_and_ignored_workloads() -> None:
    objects = [deployment("a", {"app": "a"}, vllm("m")), epp("e")]
    first, *lines = details(objects, build_inventory(objects))
    assert first == "read 2 objects: 2 Deployment"
    assert any(line.startswith("ModelService ns/a: models: Deployment/a: ") for line in lines)
    assert lines[-1].startswith("ignored Deployment/e: ")


def test_no_object() -> None:
    assert details([], build_inventory([])) == ["read no object"]
