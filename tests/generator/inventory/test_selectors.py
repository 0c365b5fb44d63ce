"""The smallest selector that takes the pods of a ModelService and no others."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    deployment,
    group_set,
    pod_template,
    vllm,
)
from tests.generator.scenes import GUIDE, codes, scripted, sglang


def test_a_superset_of_labels_separates_only_itself() -> None:
    parts = [deployment("a", GUIDE, vllm("m")), deployment("b", {**GUIDE, "llm-d.ai/engine-type": "sglang"}, sglang())]
    inventory = build_inventory(parts)
    assert [s.selector for s in inventory.services] == [None, {"llm-d.ai/engine-type": "sglang"}]
    assert codes(inventory) == {"cross-selection"}


def test_the_smallest_selector_prefers_known_labels_and_hardware_last() -> None:
    labels = {"llm-d.ai/accelerator-variant": "gpu", "app": "x", "llm-d.ai/guide": "g", "llm-d.ai/model": "m"}
    assert build_inventory([deployment("a", labels, vllm("m"))]).services[0].selector == {"llm-d.ai/guide": "g"}
    only = {"llm-d.ai/accelerator-variant": "gpu"}
    inventory = build_inventory([deployment("a", {**GUIDE, **only}, vllm("m")), deployment("b", GUIDE, sglang())])
    assert inventory.services[0].selector == only
    assert codes(inventory) == {"hardware-label", "cross-selection"}


def test_jobs_count_when_selectors_are_proven() -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": "ns"},
        "spec": {"template": pod_template(GUIDE, vllm("m"))},
    }
    assert build_inventory([job, deployment("a", {**GUIDE, "app": "a"}, vllm("m"))]).services[0].selector == {
        "app": "a"
    }


def test_places_of_other_groups_count_when_a_selector_is_proven() -> None:
    """Two groups with the same labels, of which one serves from its leader only, cannot be told apart."""
    one = group_set("a", scripted({"app": "a"}, ["vllm serve m --nnodes 2 --node-rank $LWS_WORKER_INDEX"]))
    other = group_set("b", scripted({"app": "a"}, ["vllm serve n --data-parallel-hybrid-lb"]))
    inventory = build_inventory([one, other])
    assert [service.selector for service in inventory.services] == [None, None]
