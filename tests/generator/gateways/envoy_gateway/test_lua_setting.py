"""Envoy Gateway runs Lua only if its installation allows it."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, gateway
from tests.generator.options import to_options

from .planned import FRONT, OAK, settings

FIX = (
    "set config.envoyGateway.extensionApis.enableLua: true in the values of the chart gateway-helm, or pass"
    " --body-to-header ext-proc with --image IMAGE"
)


def codes(*objects: Obj, **options: str) -> list[str]:
    inventory = build_inventory([OAK, FRONT, gateway(gateway_class="eg"), *objects])
    made = make_plan(inventory, to_options(backend="service", **options))  # type: ignore[arg-type]
    return [notice.code for notice in made.notices if notice.code != "without-picker"]


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ([], ["gateway-setting"]),
        ([settings("{enableLua: true}")], []),
        ([settings("{}")], ["gateway-setting"]),
        ([settings("{")], ["gateway-setting"]),
        ([settings("{enableBackend: true}")], ["gateway-setting"]),
    ],
)
def test_an_unknown_setting_is_reported(objects: list[Obj], found: list[str]) -> None:
    assert codes(*objects) == found


@pytest.mark.parametrize("text", ["{enableLua: false}", "{disableLua: true}"])
def test_without_lua_nothing_is_emitted(text: str) -> None:
    with pytest.raises(PlanError) as caught:
        codes(settings(text))
    (problem,) = caught.value.problems
    assert str(problem) == (
        f"ConfigMap envoy-gateway-system/envoy-gateway-config: disables Lua, which reads request bodies; {FIX}"
    )
    assert codes(settings(text), body_to_header="none") == []
