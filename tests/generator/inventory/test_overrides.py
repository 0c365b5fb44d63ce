"""What a user says of ModelServices wins over what was read."""

from __future__ import annotations

import pytest

from llmd_routes.errors import InputError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.overrides import Corrections, Override
from llmd_routes.model.inventory import Inventory
from tests.generator.objects import container, deployment, vllm

UNKNOWN = deployment("a", {"llm-d.ai/role": "decode"}, container("x", "example.com/mine:1", ["serve", "m"]))
OTHER = deployment("b", {"app": "b"}, vllm("n"))


def corrected(**said: Override) -> Inventory:
    named = {f"Deployment/{name}": override for name, override in said.items()}
    return build_inventory([UNKNOWN, OTHER], corrections=Corrections(settings=named))


def test_facts_that_are_said_count_with_their_evidence_and_settle_notices() -> None:
    before, after = corrected(), corrected(a=Override(engine="vllm", models=("m",), ports=(9000,)))
    assert "unknown-engine" in {notice.code for notice in before.notices}
    assert "unknown-engine" not in {notice.code for notice in after.notices}
    (service,) = (each for each in after.services if each.name == "a")
    assert (service.engine, service.models, service.ports) == ("vllm", ("m",), (9000,))
    assert service.evidence["ports"] == ("Deployment/a: llmd-routes.yaml ports = 9000",)


def test_what_is_not_said_stays_as_it_was_read() -> None:
    (service,) = (each for each in corrected(b=Override(owned_by="mine")).services if each.name == "b")
    assert (service.engine, service.owned_by, service.models) == ("vllm", "mine", ("n",))


def test_excluded_services_are_ignored_with_the_reason() -> None:
    found = corrected(a=Override(exclude=True))
    assert [service.name for service in found.services] == ["b"]
    assert [(entry.object, entry.reason) for entry in found.ignored] == [
        ("Deployment/a", "excluded by llmd-routes.yaml")
    ]


def test_an_override_for_nothing_is_an_error_that_shows_what_there_is() -> None:
    with pytest.raises(InputError, match="Deployment/c: matches no ModelService; use one of ns/Deployment/a, ns/Depl"):
        corrected(c=Override(exclude=True))


def test_one_for_two_namespaces_must_name_one() -> None:
    objects = [OTHER, deployment("b", {"app": "b"}, vllm("n"), namespace="far")]
    said = Corrections(settings={"Deployment/b": Override(exclude=True)})
    with pytest.raises(InputError, match="matches several ModelServices; add the namespace"):
        build_inventory(objects, corrections=said)
    said = Corrections(settings={"far/Deployment/b": Override(exclude=True)})
    assert [service.namespace for service in build_inventory(objects, corrections=said).services] == ["ns"]


def test_names_are_added_and_removed_besides_those_that_were_read() -> None:
    said = Override(add_models=("n", "adapter"), remove_models=("n",))
    (service,) = (each for each in corrected(b=said).services if each.name == "b")
    assert (service.models, service.added_models, service.removed_models) == (("n", "adapter"), ("adapter",), ("n",))
    assert not service.is_removed
    assert service.evidence["models"][1:] == (
        "Deployment/b: llmd-routes.yaml addModels = n, adapter",
        "Deployment/b: llmd-routes.yaml removeModels = n",
    )


def test_an_added_name_settles_an_unknown_model() -> None:
    nameless = deployment("c", {"app": "c"}, vllm("$(UNKNOWN)"))
    before = build_inventory([nameless])
    assert {notice.code for notice in before.notices} >= {"unreadable-model"}
    said = Corrections(settings={"Deployment/c": Override(add_models=("m",))})
    after = build_inventory([nameless], corrections=said)
    assert "unreadable-model" not in {notice.code for notice in after.notices}
    assert after.services[0].models == ("m",)


def test_operators_correct_what_settings_say() -> None:
    settings = {"Deployment/b": Override(models=("n", "m"), remove_models=("m",))}
    operators = {"ns/Deployment/b": Override(add_models=("new",), remove_models=("n",), source="admin.yaml")}
    (service,) = build_inventory([OTHER], corrections=Corrections({}, settings, operators)).services
    assert (service.models, service.added_models, service.removed_models) == (("n", "m", "new"), ("new",), ("m", "n"))
    assert "Deployment/b: admin.yaml removeModels = n" in service.evidence["models"]


def test_a_correction_of_nothing_can_be_a_notice() -> None:
    said = {"Deployment/gone": Override(exclude=True)}
    found = build_inventory([OTHER], corrections=Corrections(settings=said, operators=said, allows_unused=True))
    assert [service.name for service in found.services] == ["b"]
    notices = [(notice.code, notice.object) for notice in found.notices if notice.code == "settings-unused"]
    assert set(notices) == {("settings-unused", "modelServices.Deployment/gone")}
