"""What requests select a ModelService by, and what serves those that name no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.inventory import ModelService
from llmd_routes.model.plan import Keyed
from llmd_routes.planning.pairs import defaults, keyed
from tests.generator.objects import Obj, container, deployment, vllm
from tests.generator.options import to_options
from tests.generator.planning.collected import collected

SGLANG = container("sglang", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m"])


def services(*objects: Obj) -> tuple[ModelService, ...]:
    return build_inventory(objects).services


def one(owner: str, *models: str, name: str = "") -> Keyed:
    (service,) = services(deployment(name or owner, {"a": "b"}, vllm("m")))
    return Keyed(service, owner, models)


def test_keys_are_owner_and_served_names() -> None:
    (found, notices), problems = collected(
        keyed,
        services(
            deployment("a", {"a": "a"}, vllm("m", "--served-model-name", "x", "y", "--lora-modules", "z=/z")),
            deployment("b", {"b": "b"}, SGLANG),
            deployment("c", {"llm-d.ai/owned-by": " TRTLLM "}, vllm("m")),
        ),
    )
    assert [(k.service.name, k.owner, k.models) for k in found] == [
        ("a", "vllm", ("x", "y", "z")),
        ("b", "sglang", ("m",)),
        ("c", "tensorrt_llm", ("m",)),
    ]
    assert (problems, notices) == ([], [])


def test_what_is_not_known_is_left_out() -> None:
    unknown = deployment("a", {"llm-d.ai/role": "decode"}, container("x", "example.com/mine:1", ["serve", "m"]))
    unreadable = deployment("b", {}, vllm(env=[{"name": "M", "valueFrom": {"secretKeyRef": {"name": "s"}}}]))
    assert collected(keyed, services(unknown, unreadable))[0][0] == []


def test_a_prefill_alone_is_not_routed() -> None:
    (found, notices), _ = collected(keyed, services(deployment("a-prefill", {"llm-d.ai/role": "prefill"}, vllm("m"))))
    assert found == []
    assert [n.code for n in notices] == ["no-decode"]


@pytest.mark.parametrize("name", ["modèle", "a  b", " a", "x" * 513])
def test_names_that_no_header_can_hold_are_not_routed(name: str) -> None:
    (found, notices), _ = collected(
        keyed, services(deployment("a", {}, vllm("m", "--served-model-name", name, "fine")))
    )
    assert [k.models for k in found] == [("fine",)]
    assert [n.code for n in notices] == ["unroutable-model"]


@pytest.mark.parametrize("owner", ["default", "Invalid", "é", "a,b", "x" * 513, "a\x1b[2Jb"])
def test_owner_keys_that_no_request_can_name_leave_out_their_service_only(owner: str) -> None:
    """The inventory has the notice."""
    both = services(deployment("a", {"llm-d.ai/owned-by": owner}, vllm("m")), deployment("b", {"x": "b"}, vllm("m")))
    (found, notices), problems = collected(keyed, both)
    assert [service.service.name for service in found] == ["b"]
    assert not notices and not problems


def test_the_model_of_unusable_names_is_not_routed() -> None:
    (found, notices), _ = collected(
        keyed, services(deployment("a", {}, vllm("m", "--served-model-name", "invalid", "fine")))
    )
    assert [k.models for k in found] == [("fine",)]
    assert notices[0].message == "model name 'invalid' is reserved, so it is not routed"


def test_the_same_pair_twice() -> None:
    _, problems = collected(
        keyed, services(deployment("a", {"x": "a"}, vllm("m")), deployment("b", {"x": "b"}, vllm("m")))
    )
    assert problems == [
        "ModelService ns/a and ModelService ns/b: both serve m as vllm; set a distinct llm-d.ai/owned-by"
        " label on their pods"
    ]


DEFAULTS: list[tuple[list[Keyed], list[str], Mapping[str, str], dict[str, str]]] = [
    ([one("vllm", "m")], [], {}, {"m": "vllm"}),
    ([one("tgi", "m"), one("sglang", "m"), one("vllm", "m")], [], {}, {"m": "vllm"}),
    ([one("tgi", "m"), one("tensorrt_llm", "m"), one("sglang", "m")], [], {}, {"m": "sglang"}),
    ([one("b", "m"), one("a", "m")], [], {}, {"m": "a"}),
    ([one("vllm", "m"), one("sglang", "m")], [], {"m": "sglang"}, {"m": "sglang"}),
    ([one("vllm", "m")], [], {"m": "sglang"}, {"m": "vllm"}),
    ([one("vllm", "m", "n"), one("sglang", "m")], ["SGLang"], {}, {"m": "sglang", "n": "vllm"}),
    ([one("vllm", "m", "n"), one("sglang", "m", "n")], ["m=sglang"], {"m": "vllm"}, {"m": "sglang", "n": "vllm"}),
    ([one("vllm", "m=1"), one("sglang", "m=1")], ["m=1=sglang"], {}, {"m=1": "sglang"}),
]


@pytest.mark.parametrize(("there", "asked", "before", "expected"), DEFAULTS)
def test_defaults(there: list[Keyed], asked: list[str], before: Mapping[str, str], expected: dict[str, str]) -> None:
    assert collected(defaults, there, to_options(defaults=tuple(asked)).defaults, before) == (expected, [])


WRONG = [
    (["tgi"], "--default-engine tgi: no ModelService serves as tgi; use one of sglang, vllm"),
    (["n=vllm"], "--default-engine n=vllm: no ModelService serves n; use one of m"),
    (["m=tgi"], "--default-engine m=tgi: no ModelService serves m as tgi; use one of sglang, vllm"),
    (["vllm", "sglang"], "--default-engine sglang: a default for all models is already set; remove one of them"),
    (["m=vllm", "m=sglang"], "--default-engine m=sglang: a default for m is already set; remove one of them"),
]


@pytest.mark.parametrize(("asked", "problem"), WRONG)
def test_defaults_that_cannot_be_had(asked: list[str], problem: str) -> None:
    there = [one("vllm", "m"), one("sglang", "m")]
    assert collected(defaults, there, to_options(defaults=tuple(asked)).defaults, {})[1] == [problem]


BASE = one("a", "m")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("mno")), min_size=1, unique=True))
def test_every_model_has_one_default_whatever_the_order(pairs: list[tuple[str, str]]) -> None:
    there = [replace(BASE, owner=owner, models=(model,)) for owner, model in pairs]
    chosen, problems = collected(defaults, there, [], {})
    assert problems == []
    assert set(chosen) == {model for _, model in pairs}
    assert all((owner, model) in pairs for model, owner in chosen.items())
    assert collected(defaults, there[::-1], [], {}) == (chosen, [])
