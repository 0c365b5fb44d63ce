"""Envoy Gateway runs Lua, and routes to InferencePools, only if its installation is configured so."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, gateway, pool
from tests.generator.options import to_options

from .planned import FRONT, OAK, settings

FIX = (
    "set config.envoyGateway.extensionApis.enableLua: true in the values of the chart gateway-helm, or pass"
    " --body-to-header external with --image IMAGE"
)


def codes(*objects: Obj, **options: str) -> list[str]:
    inventory = build_inventory([OAK, FRONT, gateway(gateway_class="eg"), *objects])
    made = make_plan(inventory, to_options(**{"backend": "service"} | options))
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


POOL = pool("oak", {"app": "oak"}, 8000)


def test_pools_without_the_configuration() -> None:
    inventory = build_inventory([OAK, POOL, gateway(gateway_class="eg")])
    notices = [notice for notice in make_plan(inventory, to_options()).notices if notice.code == "implementation"]
    assert [notice.message for notice in notices] == [
        "Envoy Gateway routes to InferencePools only with the Envoy AI Gateway extension"
    ]


def test_pools_with_the_extension() -> None:
    assert "implementation" not in codes(POOL, settings("{enableLua: true}"), backend="pool")


@pytest.mark.parametrize("manager", ["{}", "{backendResources: [{group: example.com, kind: Other}]}"])
def test_pools_without_the_extension(manager: str) -> None:
    with pytest.raises(PlanError) as caught:
        codes(POOL, settings("{enableLua: true}", manager), backend="pool")
    assert str(caught.value.problems[0]) == (
        "ConfigMap envoy-gateway-system/envoy-gateway-config: has no InferencePool in"
        " extensionManager.backendResources, and Envoy Gateway routes to InferencePools only with the Envoy AI Gateway"
        " extension; install the extension, with InferencePool in its backendResources; or pass --backend service"
    )


def test_with_an_image_a_service_reads_bodies_where_lua_is_off() -> None:
    inventory = build_inventory([OAK, FRONT, gateway(gateway_class="eg"), settings("{enableLua: false}")])
    plan = make_plan(inventory, to_options(backend="service", image="x"))
    assert (plan.carrier.kind, plan.carrier.reason) == (
        "ext-authz",
        "ConfigMap envoy-gateway-system/envoy-gateway-config disables Lua, which reads request bodies;"
        " over HTTP, because nothing requires ext-proc",
    )
