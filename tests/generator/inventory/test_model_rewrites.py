"""Names that InferenceModelRewrites give to models: which ModelService answers to them, and what is reported."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.inventory import Inventory
from tests.generator.objects import Obj, deployment, epp, pool, pool_v1alpha2, service, vllm
from tests.generator.scenes import llmisvc

V1, ALPHA = "inference.networking.k8s.io", "inference.networking.x-k8s.io"
OAK = deployment("oak", {"app": "oak"}, vllm("acme/oak"))


def rule(target: str, *names: str) -> Obj:
    return {
        "matches": [{"model": {"type": "Exact", "value": name}} for name in names],
        "targets": [{"modelRewrite": target, "weight": 1}],
    }


def rewrite(*rules: Obj, name: str = "oak-pool", group: str | None = V1, api: str = "llm-d.ai") -> Obj:
    reference = {"name": name, "kind": "InferencePool"} | ({"group": group} if group else {})
    return {
        "apiVersion": f"{api}/v1alpha2",
        "kind": "InferenceModelRewrite",
        "metadata": {"name": "names", "namespace": "ns"},
        "spec": {"poolRef": reference, "rules": list(rules)},
    }


def read(*objects: Obj) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the models of each service, and what is said of rewrites."""
    inventory: Inventory = build_inventory([OAK, *objects])
    said = [f"{each.message}; {each.remedy}" for each in inventory.notices if each.code == "model-rewrite"]
    return [each.models for each in inventory.services], said


POOL = pool("oak-pool", {"app": "oak"}, 8000)


@pytest.mark.parametrize("api", ["llm-d.ai", ALPHA])
def test_a_name_that_a_picker_rewrites_is_a_model(api: str) -> None:
    objects = POOL, rewrite(rule("acme/oak", "chat", "small"), rule("acme/oak", "chat"), api=api)
    assert read(*objects) == ([("acme/oak", "chat", "small")], [])
    (service,) = build_inventory([OAK, *objects]).services
    assert "InferenceModelRewrite/names: model = chat" in service.evidence["models"]
    assert service.rewrites == {"chat": ("acme/oak",), "small": ("acme/oak",)}


def test_the_group_of_a_pool_is_v1_unless_it_is_set() -> None:
    assert read(POOL, rewrite(rule("acme/oak", "chat"), group=None)) == ([("acme/oak", "chat")], [])


def test_a_picker_ignores_an_object_for_a_pool_of_another_group() -> None:
    models, said = read(POOL, rewrite(rule("acme/oak", "chat"), group=ALPHA))
    assert models == [("acme/oak",)]
    assert said == [
        f"references InferencePool oak-pool of {ALPHA}, but the pool is of {V1};"
        f" its endpoint picker ignores the object; set spec.poolRef.group to {V1}"
    ]
    both = POOL, pool_v1alpha2("oak-pool", {"app": "oak"}, 8000)
    assert read(*both, rewrite(rule("acme/oak", "chat"), group=ALPHA)) == ([("acme/oak", "chat")], [])


@pytest.mark.parametrize(
    "other", [rewrite(rule("acme/oak", "chat"), name="other"), {**rewrite(), "apiVersion": "x/v1"}]
)
def test_rewrites_of_other_pools_and_groups_say_nothing(other: Any) -> None:
    assert read(POOL, other) == ([("acme/oak",)], [])


def test_the_pool_may_not_exist_yet() -> None:
    picker = epp("oak-epp", "--pool-name", "oak-pool", "--pool-group", V1), service("oak-epp", {"app": "oak-epp"})
    assert read(*picker, rewrite(rule("acme/oak", "chat"))) == ([("acme/oak", "chat")], [])


def test_a_controller_may_make_the_pool() -> None:
    made = llmisvc("fir", model={"uri": "hf://acme/fir", "name": "acme/fir"}, router={"scheduler": {}, "route": {}})
    inventory = build_inventory([made, rewrite(rule("acme/fir", "chat"), name="fir-inference-pool")])
    assert [each.models for each in inventory.services] == [("acme/fir", "publishers/ns/models/acme/fir", "chat")]


def test_a_rule_for_every_name() -> None:
    models, said = read(POOL, rewrite({"targets": [{"modelRewrite": "acme/oak"}]}))
    assert models == [("acme/oak",)]
    assert said == [
        "matches every model name, but only the names that are listed for ModelService ns/oak are routed;"
        " list the names in llmd-routes.yaml (models)"
    ]


def test_names_alone_do_not_make_a_service_whose_models_are_unknown() -> None:
    hidden = deployment("oak", {"app": "oak"}, vllm("$(NOWHERE)"))
    (service,) = build_inventory([hidden, POOL, rewrite(rule("acme/oak", "chat"))]).services
    assert (service.models, service.rewrites) == ((), {})


def test_a_target_that_no_engine_serves() -> None:
    models, said = read(POOL, rewrite(rule("acme/ash", "chat")))
    assert models == [("acme/oak", "chat")]
    assert said == ["rewrites chat to acme/ash, which ModelService ns/oak does not serve; set modelRewrite to acme/oak"]


@pytest.mark.parametrize("spec", [None, [], {"rules": "x"}, {"poolRef": {"name": 1}, "rules": [1, {"matches": [{}]}]}])
def test_an_object_that_is_malformed(spec: Any) -> None:
    models, _ = read(POOL, {**rewrite(), "spec": spec})
    assert models == [("acme/oak",)]
