"""Workloads that only prefill and only decode: when they are one service, and which role labels they lack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from tests.generator.objects import container, deployment, vllm
from tests.generator.scenes import codes, names

APP = {"app": "one"}
DECODE, PREFILL = Ref("ns", "Deployment", "d"), Ref("ns", "Deployment", "p")


def half(name: str, *words: str, role: str | None = None, model: str = "m", **labels: str) -> dict[str, Any]:
    return deployment(name, {**APP, **({"llm-d.ai/role": role} if role else {}), **labels}, vllm(model, *words))


def transfer(role: str) -> tuple[str, str]:
    return "--kv-transfer-config", json.dumps({"kv_connector": "NixlConnector", "kv_role": role})


@pytest.mark.parametrize(
    ("decode", "prefill"),
    [
        (half("oak-decode-0"), half("oak-prefill-0")),
        (half("d", *transfer("kv_consumer")), half("p", *transfer("kv_producer"))),
        (half("d", "--kv-transfer-config.kv_role", "kv_consumer"), half("p", *transfer("kv_producer"))),
        (half("d", role="decode"), half("p", role="prefill")),
        (half("x-decode"), half("prefill-y")),
    ],
)
def test_two_halves_are_one_service(decode: dict[str, Any], prefill: dict[str, Any]) -> None:
    (service,) = build_inventory([prefill, decode]).services
    assert service.roles == ("decode", "prefill")
    assert len(service.workloads) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (half("d", *transfer("kv_both")), half("p", *transfer("kv_producer"))),
        (half("d", *transfer("kv_producer")), half("p", *transfer("kv_producer"))),
        (half("oak-decode-0"), half("oak-prefill-0", model="n")),
        (half("oak-decode-0"), half("oak-prefill-0", **{"llm-d.ai/owned-by": "other"})),
        (half("oak-decoder-0"), half("oak-prefill-0")),
        (half("d", "--kv-transfer-config", '["kv_consumer"]'), half("p", *transfer("kv_producer"))),
    ],
)
def test_without_the_other_half_a_hint_is_no_role(first: dict[str, Any], second: dict[str, Any]) -> None:
    services = build_inventory([first, second]).services
    assert [(len(service.workloads), service.roles) for service in services] == [(1, ()), (1, ())]


def test_nothing_tells_which_release_a_prefill_workload_belongs_to() -> None:
    def release(name: str) -> dict[str, str]:
        return {"app.kubernetes.io/instance": name}

    halves = [half("a", role="decode"), half("b", role="decode"), half("c", role="prefill")]
    for each, name in zip(halves, ("r1", "r2", "r3"), strict=True):
        each["metadata"]["labels"] = release(name)
    assert [len(service.workloads) for service in build_inventory(halves).services] == [1, 1, 1]
    same = [half("a", role="decode"), half("b", role="decode"), half("c", role="prefill")]
    assert [len(service.workloads) for service in build_inventory(same).services] == [3]


def test_halves_that_share_different_models_are_one_service() -> None:
    """Model a joins w and y, model b joins x and z, and model c joins these two pairs."""

    def serving(name: str, role: str, *models: str) -> dict[str, Any]:
        return half(name, "--served-model-name", *models, role=role)

    halves = [serving("w", "decode", "a"), serving("x", "prefill", "b")]
    halves += [serving("y", "prefill", "a", "c"), serving("z", "decode", "b", "c")]
    (service,) = build_inventory(halves).services
    assert [ref.name for ref in service.workloads] == ["w", "x", "y", "z"]


def test_the_role_word_is_no_part_of_the_name() -> None:
    workloads = ["Deployment/oak-decode-main", "Deployment/oak-prefill-main"]
    inventory = build_inventory([half("oak-decode-main"), half("oak-prefill-main")])
    assert names(inventory) == [("oak-main", workloads)]


def test_pods_of_several_roles_need_role_labels() -> None:
    bare = build_inventory([half("d", *transfer("kv_consumer")), half("p", *transfer("kv_producer"))])
    assert bare.services[0].unlabelled == {DECODE: "decode", PREFILL: "prefill"}
    assert "role-label" in codes(bare)
    mixed = build_inventory([half("d", role="decode"), half("p", *transfer("kv_producer"))])
    assert mixed.services[0].unlabelled == {PREFILL: "prefill"}
    labelled = build_inventory([half("d", role="decode"), half("p", role="prefill")])
    assert labelled.services[0].unlabelled == {}
    assert "role-label" not in codes(labelled)
    assert build_inventory([half("x-decode")]).services[0].unlabelled == {}


def test_an_engine_of_unknown_options_has_no_hint() -> None:
    other = container(
        "x", "ghcr.io/huggingface/text-generation-inference:3", None, ["--model-id", "m", *transfer("kv_consumer")]
    )
    (service,) = build_inventory([deployment("d", APP, other)]).services
    assert service.roles == ()
