"""ConfigMaps with the adapters of a base model: whose they are, and what is reported."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import Obj, config_map, deployment, vllm
from tests.generator.scenes import sglang

OAK = deployment("oak", {"app": "oak"}, vllm("acme/oak"))
LABEL = {"inference.networking.k8s.io/bbr-managed": "true"}


def adapters(text: str = "- poem\n- sql\n", base: str = "acme/oak", labels: Obj | None = None) -> Obj:
    made = config_map("oak-adapters", {"baseModel": base, "adapters": text})
    made["metadata"]["labels"] = LABEL if labels is None else labels
    return made


def read(*objects: Obj) -> tuple[list[tuple[str, ...]], list[tuple[str, str]]]:
    """Return the adapters of each service, and the objects and facts of notices about adapters."""
    inventory = build_inventory(objects)
    said = [(each.object, each.message) for each in inventory.notices if each.code == "dynamic-lora"]
    return [each.dynamic_models for each in inventory.services], said


@pytest.mark.parametrize("labels", [LABEL, {"inference.llm-d.ai/ipp-managed": "true"}])
def test_the_adapters_of_the_only_service_of_a_model(labels: Obj) -> None:
    fact = "serves the adapters poem, sql, which ConfigMap ns/oak-adapters names"
    assert read(OAK, adapters(labels=labels)) == ([("poem", "sql")], [("ModelService ns/oak", fact)])


@pytest.mark.parametrize("labels", [{}, {"inference.networking.k8s.io/bbr-managed": "false"}, {"app": "true"}])
def test_other_config_maps(labels: Obj) -> None:
    assert read(OAK, adapters(labels=labels)) == ([()], [])


def test_adapters_that_the_arguments_name() -> None:
    made = deployment("oak", {"app": "oak"}, vllm("acme/oak", "--lora-modules", "sql=/a", "poem=/b"))
    assert read(made, adapters()) == ([()], [])


def test_nothing_tells_which_service_has_the_adapters() -> None:
    ash = deployment("ash", {"app": "ash"}, sglang("--served-model-name", "acme/oak"))
    assert read(OAK, ash, adapters()) == (
        [(), ()],
        [
            (
                "ConfigMap ns/oak-adapters",
                "ModelService ns/ash, ModelService ns/oak all serve acme/oak, so the adapters poem, sql are not routed",
            )
        ],
    )


def test_a_base_model_that_is_not_served() -> None:
    fact = "no ModelService serves acme/fir, so the adapters poem, sql are not routed"
    assert read(OAK, adapters(base="acme/fir")) == ([()], [("ConfigMap ns/oak-adapters", fact)])


@pytest.mark.parametrize("text", ["sql", "{a: b}", "- 1", "- [", "- a\n---\n- b"])
def test_a_value_that_is_not_a_list_of_names(text: str) -> None:
    fact = "the key adapters is not a YAML list of names, so the adapters are not routed"
    assert read(OAK, adapters(text)) == ([()], [("ConfigMap ns/oak-adapters", fact)])


def test_an_empty_list() -> None:
    assert read(OAK, adapters(" \n")) == ([()], [])
    assert read(OAK, adapters("[]")) == ([()], [])
