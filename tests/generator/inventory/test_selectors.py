"""The smallest selector that takes the pods of a ModelService and no others."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    Obj,
    deployment,
    group_set,
    pod_template,
    vllm,
)
from tests.generator.scenes import GUIDE, codes, scripted, sglang


def test_a_superset_of_labels_separates_only_itself() -> None:
    parts = [deployment("a", GUIDE, vllm("m")), deployment("b", {**GUIDE, "llm-d.ai/engine-type": "sglang"}, sglang())]
    inventory = build_inventory(parts)
    # The engine alone separates them today, and not from the next one.
    assert [s.selector for s in inventory.services] == [None, {**GUIDE, "llm-d.ai/engine-type": "sglang"}]
    assert codes(inventory) == {"cross-selection"}


def test_the_smallest_selector_prefers_known_labels_and_hardware_last() -> None:
    labels = {"llm-d.ai/accelerator-variant": "gpu", "app": "x", "llm-d.ai/guide": "g", "llm-d.ai/model": "m"}
    assert build_inventory([deployment("a", labels, vllm("m"))]).services[0].selector == {"llm-d.ai/guide": "g"}
    only = {"llm-d.ai/accelerator-variant": "gpu"}
    inventory = build_inventory([deployment("a", {**GUIDE, **only}, vllm("m")), deployment("b", GUIDE, sglang())])
    assert inventory.services[0].selector == {**GUIDE, **only}
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
    """Names separate two LeaderWorkerSets with equal labels, one of which serves only from its leader."""
    one = group_set("a", scripted({"app": "a"}, ["vllm serve m --nnodes 2 --node-rank $LWS_WORKER_INDEX"]))
    other = group_set("b", scripted({"app": "a"}, ["vllm serve n --data-parallel-hybrid-lb"]))
    inventory = build_inventory([one, other])
    name, place = "leaderworkerset.sigs.k8s.io/name", "leaderworkerset.sigs.k8s.io/worker-index"
    assert [service.selector for service in inventory.services] == [{name: "a", place: "0"}, {name: "b"}]


def selected(name: str, labels: Obj, *matched: str, **more: Obj) -> Obj:
    """Return a Deployment that finds its pods by some of their labels."""
    made = deployment(name, labels, vllm("m"))
    made["spec"]["selector"] = {"matchLabels": {key: labels[key] for key in matched}}
    return made


ENGINE, ROLE, CHART = "llm-d.ai/engine-type", "llm-d.ai/role", "helm.sh/chart"
COMMON = {"app": "a", ENGINE: "vllm", ROLE: "decode", CHART: "x-1.0.0", "team": "t"}


@pytest.mark.parametrize(
    ("matched", "selector"),
    [
        (["app"], {"app": "a"}),
        (["app", "team"], {"app": "a", "team": "t"}),
        (["app", ENGINE], {"app": "a", ENGINE: "vllm"}),
        # Labels of a class do not identify pods, so all labels that survive an upgrade are used.
        ([ENGINE], {"app": "a", ENGINE: "vllm", ROLE: "decode", "team": "t"}),
        ([ENGINE, ROLE], {"app": "a", ENGINE: "vllm", ROLE: "decode", "team": "t"}),
    ],
)
def test_pods_are_selected_as_their_workload_selects_them(matched: list[str], selector: Obj) -> None:
    (service,) = build_inventory([selected("a", COMMON, *matched)]).services
    assert service.selector == selector


def test_what_separates_is_added_to_what_the_workload_selects_by() -> None:
    inventory = build_inventory([selected("a", COMMON, "app"), selected("b", {**COMMON, ENGINE: "sglang"}, "app")])
    assert [service.selector for service in inventory.services] == [
        {"app": "a", ENGINE: "vllm"},
        {"app": "a", ENGINE: "sglang"},
    ]


def test_roles_are_selected_by_what_their_workloads_share() -> None:
    shared = {"llm-d.ai/guide": "g", "llm-d.ai/inference-serving": "true"}
    roles = [
        selected(f"a-{role}", {**shared, ROLE: role}, "llm-d.ai/guide", "llm-d.ai/inference-serving", ROLE)
        for role in ("decode", "prefill")
    ]
    (service,) = build_inventory(roles).services
    assert service.selector == shared


def test_releases_that_are_read_alone_get_pools_that_do_not_meet() -> None:
    """Two releases of one chart, with all labels equal but that of the release."""
    pods = {
        name: {"app.kubernetes.io/instance": name, ENGINE: "vllm", "llm-d.ai/inference-serving": "true"}
        for name in ("one", "two")
    }
    alone = [build_inventory([selected(name, labels, *labels)]).services[0] for name, labels in pods.items()]
    for service, (_, others) in zip(alone, reversed(pods.items()), strict=True):
        assert service.selector and not service.selector.items() <= others.items()
