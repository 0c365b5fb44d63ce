"""KServe LLMInferenceServices, by themselves and with what their controller makes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    container,
    pod_template,
    pool,
    vllm,
    workload,
)
from tests.generator.scenes import codes, llmisvc, names, preset


def test_kserve_with_a_command_of_its_own() -> None:
    main = container(
        "main",
        "x/sglang",
        ["python3", "-m", "sglang.launch_server"],
        ["--model-path", "/mnt/models", "--served-model-name", "n"],
    )
    found = build_inventory([llmisvc(model={"name": "org/m"}, template={"containers": [main]})]).services[0]
    assert (found.engine, found.models, found.scheme, found.managed_pool) == ("sglang", ("n",), "http", None)


def settings(**ingress: Any) -> Any:
    metadata = {"name": "inferenceservice-config", "namespace": "kserve"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ingress": json.dumps(ingress)}}


@pytest.mark.parametrize("given", [[], [preset("kserve-config-llm-template")]])
def test_kserve_settings_decide_on_tls(given: list[Any]) -> None:
    service = llmisvc(model={"name": "org/m"})
    for told, scheme in ((False, "http"), (True, "https")):
        inventory = build_inventory([*given, settings(enableLLMInferenceServiceTLS=told), service])
        assert inventory.services[0].scheme == scheme


def test_kserve_templates_are_filled_in() -> None:
    main = container(
        "main",
        "ghcr.io/llm-d/llm-d-inference-sim:v0.10.0",
        ["/app/llm-d-inference-sim"],
        ["--model", "{{ .Spec.Model.Name }}", "--zmq-endpoint", "tcp://{{ ChildName .ObjectMeta.Name `-epp` }}"],
    )
    inventory = build_inventory([llmisvc(model={"name": "opt"}, template={"containers": [main]})])
    assert (inventory.services[0].models, inventory.services[0].simulator) == (("opt",), True)
    assert "template" in codes(inventory)


def test_arguments_that_are_added_to_the_kserve_preset_win() -> None:
    main = container("main", args=["--served-model-name", "n", "--lora-modules", "l=/l"])
    main["env"] = [{"name": "VLLM_ADDITIONAL_ARGS", "value": "--served-model-name early --port 9000"}]
    (found,) = build_inventory([llmisvc(model={"name": "org/m"}, template={"containers": [main]})]).services
    assert (found.models, found.ports, found.scheme) == (("n", "l"), (9000,), "https")


@pytest.mark.parametrize("command", [["./start.sh"], ["vllm", "bench", "serve"]])
def test_a_kserve_command_that_cannot_be_read_is_not_the_preset(command: list[str]) -> None:
    main = container("main", "own/thing:1", command)
    inventory = build_inventory([llmisvc(model={"name": "org/m"}, template={"containers": [main]})])
    assert (inventory.services[0].engine, inventory.services[0].models) == (None, ())
    assert "unknown-engine" in codes(inventory)


def test_kserve_children_are_parts() -> None:
    labels = {
        "app.kubernetes.io/name": "a",
        "app.kubernetes.io/part-of": "llminferenceservice",
        "kserve.io/component": "workload",
    }
    child = workload(
        "a-kserve",
        pod_template(labels, vllm("/mnt/models")),
        ownerReferences=[{"kind": "LLMInferenceService", "name": "a", "controller": True}],
    )
    rendered = workload("a-kserve", pod_template(labels, vllm("/mnt/models")), labels=labels)
    for objects in ([llmisvc(), child], [llmisvc(), rendered]):
        found = build_inventory(objects)
        assert names(found) == [("a", ["LLMInferenceService/a"])]
        assert found.services[0].selector is not None


SCHEDULED: dict[str, Any] = {"scheduler": {}, "route": {}}


@pytest.mark.parametrize("others", [[], [pool("x-inference-pool", {"app.kubernetes.io/name": "x"}, 8000)]])
def test_pods_that_labels_join_to_the_pool_of_another_service(others: list[Any]) -> None:
    first = llmisvc("x", model={"name": "org/m"}, router=SCHEDULED)
    second = llmisvc("y", model={"name": "org/m"}, labels={"app.kubernetes.io/name": "x"})
    (service,) = build_inventory([second, first, *others]).services
    assert [ref.name for ref in service.workloads] == ["x", "y"]
    assert service.managed_pool == "x-inference-pool"
    assert not {"cross-selection", "no-common-label"} & codes(build_inventory([second, first, *others]))


def test_services_that_reference_one_pool() -> None:
    router = {"scheduler": {"pool": {"ref": {"name": "p"}}}}
    pair = [llmisvc(name, model={"name": "org/m"}, router=router) for name in ("x", "y")]
    assert [len(each.workloads) for each in build_inventory(pair).services] == [2]


@pytest.mark.parametrize(
    "changes",
    [
        {"model": {"name": "org/n"}},
        {"template": {"containers": [container("main", args=["--port", "9000"])]}},
        {"labels": {"app.kubernetes.io/name": "x", "llm-d.ai/engine-type": "sglang"}},
        {"labels": {"team": "x"}},
    ],
)
def test_services_that_serve_something_else_stay_apart(changes: dict[str, Any]) -> None:
    first = llmisvc("x", model={"name": "org/m"}, router=SCHEDULED)
    spec = {"model": {"name": "org/m"}, "labels": {"app.kubernetes.io/name": "x"}, **changes}
    assert [len(each.workloads) for each in build_inventory([first, llmisvc("y", **spec)]).services] == [1, 1]
