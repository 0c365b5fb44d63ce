"""The public view of what was found."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from llmd_routes.output.discovery import describe
from tests.generator.objects import deployment, gateway, pool, pool_v1alpha2, vllm


def test_services_pools_and_gateways_as_others_read_them() -> None:
    objects = [deployment("a", {"app": "a"}, vllm("m")), pool("a", {"app": "a"}, 8000), gateway()]
    shown = describe(build_inventory(objects)).model_dump(by_alias=True)
    (service,) = shown["modelServices"]
    assert (service["engine"], service["ownedBy"], service["models"], service["pool"]) == ("vllm", "vllm", ["m"], "a")
    assert service["workloads"] == ["Deployment/a"] and service["selector"] == {"app": "a"}
    assert [(each["name"], each["implementation"]) for each in shown["gateways"]] == [("gw", "istio")]


def test_pools_of_both_groups_have_their_api() -> None:
    shown = describe(build_inventory([pool("a", {"x": "y"}, 1), pool_v1alpha2("b", {"x": "y"}, 2)]))
    assert [(each.name, each.api.rpartition("/")[2], each.target_ports) for each in shown.inference_pools] == [
        ("a", "v1", [1]),
        ("b", "v1alpha2", [2]),
    ]


def test_the_namespace_is_the_one_that_objects_carry() -> None:
    shown = describe(build_inventory([deployment("a", {}, vllm("m"), namespace=None), gateway()]))
    assert [service.namespace for service in shown.model_services] == [None]
