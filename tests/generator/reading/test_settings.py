"""What a user says of ModelServices, and how it is laid over what was read of them."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import InputError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.overrides import Corrections, Override
from llmd_routes.reading.settings import Settings, from_mapping, parse
from tests.generator.objects import container, deployment, vllm

HEAD = "apiVersion: llmd-routes/v1alpha1\nkind: Configuration\n"
WHOLE = """
modelServices:
  ns/Deployment/a: {engine: sglang, ownedBy: team-a, models: [m, o], port: 9000}
  Deployment/b: {port: [8001, 8000], exclude: false}
  StatefulSet/c: {exclude: true}
defaults: {org/m: vllm, "*": sglang}
splits: {org/m: {vllm: 80, sglang: 20}, "*": {vllm: 1, tgi: 0}}
"""


def test_everything_that_can_be_said() -> None:
    found = parse(WHOLE, "f", Settings)
    assert found.overrides() == {
        "ns/Deployment/a": Override("sglang", "team-a", ("m", "o"), (9000,)),
        "Deployment/b": Override(ports=(8000, 8001)),
        "StatefulSet/c": Override(exclude=True),
    }
    assert found.with_defaults(()) == ("org/m=vllm", "sglang")
    assert found.with_splits(()) == ("org/m=vllm=80,sglang=20", "vllm=1,tgi=0")


def test_the_same_under_spec() -> None:
    lines = "".join(f"  {line}\n" for line in WHOLE.splitlines())
    assert parse(f"{HEAD}metadata: {{name: x}}\nspec:\n{lines}", "f", Settings) == parse(WHOLE, "f", Settings)


def test_a_function_has_no_lines_and_wins_over_a_file() -> None:
    with pytest.raises(InputError, match=r"^functionConfig: splits\.m: "):
        from_mapping({"splits": {"m": 1}}, "functionConfig", Settings)
    file = parse("defaults: {a: x, b: x}\n", "f", Settings)
    function = from_mapping({"defaults": {"b": "y"}}, "functionConfig", Settings)
    assert file.merged(function).defaults == {"a": "x", "b": "y"}


@pytest.mark.parametrize("text", ["", "{}", "# nothing\n", "null", f"{HEAD}spec: {{}}\n"])
def test_nothing_said(text: str) -> None:
    found = parse(text, "f", Settings)
    assert (found.overrides(), found.with_defaults(("x",)), found.with_splits(())) == ({}, ("x",), ())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("vllm",), ("vllm", "org/m=vllm")),
        (("org/m=tgi",), ("org/m=tgi", "sglang")),
        (("other=tgi", "tgi"), ("other=tgi", "tgi", "org/m=vllm")),
    ],
)
def test_options_win_for_the_models_that_they_are_about(given: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert parse(WHOLE, "f", Settings).with_defaults(given) == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("vllm=1,sglang=1",), ("vllm=1,sglang=1", "org/m=vllm=80,sglang=20")),
        (("org/m=vllm=1",), ("org/m=vllm=1", "vllm=1,tgi=0")),
    ],
)
def test_splits_too(given: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert parse(WHOLE, "f", Settings).with_splits(given) == words


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "f:1: "),
        ("a: {}\n---\nb: {}\n", "f:3: a second document"),
        ("defaults: {a: b}\ndefaults: {}\n", "f:2: duplicate key defaults"),
        ("[]", "f: the whole file: "),
        (
            "other: 1",
            "f: apiVersion, kind and spec: missing; begin the file with apiVersion: llmd-routes/v1alpha1 and ",
        ),
        ("modelServices: {a: {}}", "f:1: modelServices.a: "),
        ("modelServices: {Deployment/a: {engin: x}}", "f:1: modelServices.Deployment/a.engin: unknown key; use engine"),
        ("modelServices: {Deployment/a: {port: 0}}", "f:1: modelServices.Deployment/a.port.0: "),
        ("modelServices: {Deployment/a: {port: x}}", "f:1: modelServices.Deployment/a.port: "),
        ("modelServices: {Deployment/a: {models: []}}", "f:1: modelServices.Deployment/a.models: "),
        ("modelServices: {Deployment/a: {engine: ''}}", "f:1: modelServices.Deployment/a.engine: "),
        ("modelServices:\n  Deployment/a:\n    exclude: 'yes'\n", "f:3: modelServices.Deployment/a.exclude: "),
        ("splits:\n  m: {vllm: -1}\n", "f:2: splits.m.vllm: "),
        ("kind: Configuration\nspec: {}\n", "f: apiVersion: missing; add apiVersion: llmd-routes/v1alpha1"),
        (f"{HEAD}spec: {{}}\n".replace("alpha1", ""), 'f:1: apiVersion: invalid value "llmd-routes/v1"; use '),
        (f"{HEAD}spec: {{}}\nsplits: {{}}\n", "f:4: splits: unknown key; move it under spec"),
        (f"{HEAD}spec:\n  default: {{}}\n", "f:4: spec.default: unknown key; use defaults"),
        (f"{HEAD}spec:\n  other: {{}}\n", "f:4: spec.other: unknown key; use one of defaults, modelServices, splits"),
        (f"{HEAD}spec: x\n", "f:3: spec: input should be "),
    ],
)
def test_what_cannot_be_said(text: str, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        parse(text, "f", Settings)
    assert [line.startswith(problem) for line in raised.value.lines] == [True], raised.value.lines


A, B = deployment("a", {"app": "a"}, vllm("m")), deployment("b", {"llm-d.ai/role": "decode"}, container("x", "own"))


def said(overrides: dict[str, Override], *objects: Any) -> Any:
    return build_inventory(objects, corrections=Corrections(settings=overrides))


def test_facts_that_are_said() -> None:
    inventory = said({"Deployment/b": Override("tgi", "mine", ("x", "y"), (1, 2))}, A, B)
    one = inventory.services[1]
    assert (one.engine, one.owned_by, one.models, one.ports) == ("tgi", "mine", ("x", "y"), (1, 2))
    assert one.evidence["models"] == ("Deployment/b: llmd-routes.yaml models = x, y",)
    assert one.evidence["ownedBy"] == ("Deployment/b: llmd-routes.yaml ownedBy = mine",)
    assert {notice.code for notice in inventory.notices} == {"multi-port"}


def test_an_engine_that_is_said_is_the_owner_key() -> None:
    assert said({"ns/Deployment/a": Override("sglang")}, A).services[0].owned_by == "sglang"


def test_what_is_excluded_is_no_service_and_its_pods_still_count() -> None:
    other = deployment("b", {"app": "a", "x": "y"}, vllm("n"))
    inventory = said({"Deployment/b": Override(exclude=True)}, A, other)
    assert [service.name for service in inventory.services] == ["a"]
    assert inventory.services[0].selector is None
    assert ("Deployment/b", "excluded by llmd-routes.yaml") in [(e.object, e.reason) for e in inventory.ignored]


@pytest.mark.parametrize(
    ("keys", "fact"),
    [
        (["Deployment/c"], "Deployment/c: matches no ModelService; use one of ns/Deployment/a, ns/Deployment/b"),
        (["other/Deployment/a"], "matches no ModelService"),
        (["Deployment/a", "ns/Deployment/a"], "matches the same ModelService as Deployment/a; keep one of them"),
        (["Deployment/d"], "matches several ModelServices; add the namespace"),
    ],
)
def test_overrides_that_fit_nothing_are_errors(keys: list[str], fact: str) -> None:
    twice = [deployment("d", {"app": "d"}, vllm("m"), namespace=each) for each in ("ns", "other")]
    with pytest.raises(InputError, match=fact):
        said(dict.fromkeys(keys, Override("vllm")), A, B, *(twice if keys == ["Deployment/d"] else ()))
