"""Bases and presets of KServe, and the order in which they lie below a resource."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.scenes import PRESET, base, codes, llmisvc, preset


def test_kserve_presets() -> None:
    inventory = build_inventory(
        [llmisvc(model={"name": "org/m", "lora": {"adapters": [{"name": "l"}]}}, router={"scheduler": {}})]
    )
    found = inventory.services[0]
    assert found.models == ("org/m", "publishers/ns/models/org/m", "l")
    assert (found.engine, found.ports, found.scheme, found.roles) == ("vllm", (8000,), "https", ("both",))
    assert (found.controller, found.managed_pool) == ("KServe", "a-inference-pool")
    assert codes(inventory) == {"controller-owned", "tls"}
    assert "KServe preset" in found.evidence["engine"][0]


def test_kserve_bases_in_their_order_then_the_resource() -> None:
    first = base("first", model={"name": "org/first"}, router={"scheduler": {}}, labels={"team": "a"})
    second = base("second", model={"name": "org/second", "lora": {"adapters": [{"name": "l"}]}})
    refs = [{"name": "kserve-config-llm-template"}, {"name": "first"}, {"name": "second"}]
    inventory = build_inventory([first, second, llmisvc(baseRefs=refs)])
    (found,) = inventory.services
    assert found.models == ("org/second", "publishers/ns/models/org/second", "l")
    assert (found.managed_pool, found.templates[0].labels["team"]) == ("a-inference-pool", "a")
    named = build_inventory([first, second, llmisvc(baseRefs=refs, model={"name": "own"})]).services[0]
    assert named.models == ("own", "publishers/ns/models/own", "l")


def test_a_base_that_is_not_there_makes_the_model_unreadable() -> None:
    inventory = build_inventory([llmisvc(baseRefs=[{"name": "elsewhere"}], model={"name": "org/m"})])
    assert inventory.services[0].models == ()
    (notice,) = (notice for notice in inventory.notices if notice.code == "unreadable-model")
    assert "LLMInferenceServiceConfig elsewhere, which is not in the input" in notice.message


def test_a_kserve_preset_of_the_input_lies_below_the_bases() -> None:
    service = llmisvc(model={"name": "org/m"})
    inventory = build_inventory([preset("kserve-config-llm-template"), service])
    (found,) = inventory.services
    assert (found.models, found.ports, found.scheme) == (("org/m", "second/ns"), (8100,), "https")
    assert "LLMInferenceService/a: KServe preset kserve-config-llm-template" in found.evidence["engine"]
    assert "template" not in codes(inventory)
    more = {"name": "main", "args": ["--served-model-name", "n"]}
    named = llmisvc(model={"name": "org/m"}, template={"containers": [more]})
    assert build_inventory([preset("kserve-config-llm-template"), named]).services[0].models == ("n",)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({"prefill": {"replicas": 1}}, "decode-template"),
        ({"parallelism": {"data": 2}}, "template"),
        ({"worker": {}, "parallelism": {"data": 2}}, "worker-data-parallel"),
    ],
)
def test_which_kserve_preset_lies_below(spec: Any, name: str) -> None:
    others = ("template", "decode-template", "worker-data-parallel", "prefill-template")
    given = [preset(f"kserve-config-llm-{one}", PRESET.replace("second", one)) for one in others]
    (found,) = build_inventory([*given, llmisvc(model={"name": "org/m"}, **spec)]).services
    assert found.models == ("org/m", f"{name}/ns")


def test_the_kserve_preset_of_the_version_that_the_status_names() -> None:
    given = [
        preset("kserve-config-llm-template"),
        preset("v1-kserve-config-llm-template", PRESET.replace("second", "v1")),
    ]
    service = llmisvc(model={"name": "org/m"})
    service["status"] = {"annotations": {"serving.kserve.io/config-llm-template": "v1-kserve-config-llm-template"}}
    assert build_inventory([*given, service]).services[0].models == ("org/m", "v1/ns")


def test_a_kserve_base_is_the_one_of_its_namespace() -> None:
    other = base("b", model={"name": "org/other"})
    other["metadata"]["namespace"] = "else"
    service = llmisvc(baseRefs=[{"name": "b"}])
    assert build_inventory([other, base("b", model={"name": "org/m"}), service]).services[0].models[0] == "org/m"
    assert build_inventory([other, service]).services[0].models[0] == "org/other"
