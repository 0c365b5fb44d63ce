"""The routes and the body-based routing of an emitted Envoy are read back from its ConfigMap."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.gateways.envoy.emitted_proxy import read_proxies
from llmd_routes.inventory.build import index_objects
from llmd_routes.kube.objects import Ref
from llmd_routes.model.body_readings import EmittedProxy
from llmd_routes_sidecar.extraction import Settings
from tests.generator.emitted import IMAGE, emitted, processor_of
from tests.generator.objects import config_map


def proxy(**options: Any) -> EmittedProxy:
    (found,) = read_proxies(index_objects(emitted("envoy", **options)))
    return found


def rules(found: EmittedProxy) -> list[tuple[str, dict[str, str], list[str]]]:
    """Return the path, the headers and the backends of each rule of the first virtual host."""
    return [
        (
            rule["matches"][0]["path"]["value"],
            {header["name"]: header["value"] for header in rule["matches"][0]["headers"]},
            [f"{each['kind']} {each['name']}" for each in rule["backendRefs"]],
        )
        for rule in found.routes[0].spec["rules"]
    ]


def test_its_routes_are_in_the_order_of_envoy() -> None:
    found = proxy()
    assert found.ref == Ref("ns", "Service", "door")
    read = rules(found)
    wanted = {"x-gateway-model-name": "m1", "x-owned-by": "sglang"}
    assert ("/v1", wanted, ["InferencePool sglang"]) in read
    assert read[-1] == ("/", {}, [])


def test_virtual_hosts_become_host_names() -> None:
    found = proxy(hostnames=("a.example", "*.b.example"))
    assert [route.spec["hostnames"] for route in found.routes] == [["a.example", "*.b.example"], []]


def test_rewrites_weights_and_services_are_read() -> None:
    found = proxy(path_prefixes=("/a/v1",), body_to_header="none", image=IMAGE)
    filters = [rule.get("filters") for rule in found.routes[0].spec["rules"] if rule["backendRefs"]]
    path = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/v1"}
    assert [{"type": "URLRewrite", "urlRewrite": {"path": path}}] in filters
    split = proxy(splits=("m1=vllm=80,sglang=20",), body_to_header="none")
    weights = [[each["weight"] for each in rule["backendRefs"]] for rule in split.routes[0].spec["rules"]]
    assert [20, 80] in weights or [80, 20] in weights


@pytest.mark.parametrize(("kind", "image"), [("in-gateway", {}), ("ext-authz", {"image": IMAGE})])
def test_what_reads_bodies_is_read_back(kind: str, image: dict[str, str]) -> None:
    reading = proxy(body_to_header=kind, path_prefixes=("/v1", "/a/v1"), **image).reading
    assert reading is not None
    assert reading.kind == kind
    assert reading.settings is not None
    assert reading.settings == Settings((), ("/v1", "/a/v1"), reading.settings.body_limit)
    assert reading.responds == (kind == "in-gateway")


def test_without_body_based_routing_nothing_reads() -> None:
    assert proxy(body_to_header="none").reading is None


def test_settings_of_an_absent_service_are_open() -> None:
    objects = emitted("envoy", body_to_header="ext-authz", image=IMAGE)
    left = [obj for obj in objects if obj is not processor_of(objects)]
    (found,) = read_proxies(index_objects(left))
    assert found.reading is not None
    assert found.reading.settings is None


@pytest.mark.parametrize(
    "data", [{}, {"routes.yaml": "[", "listeners.yaml": "]"}, {"routes.yaml": "a", "listeners.yaml": "b"}]
)
def test_other_config_maps_are_no_proxies(data: dict[str, str]) -> None:
    own = config_map("m", data)
    own["metadata"]["labels"] = {"llmd-routes/instance": "x"}
    foreign = next(obj for obj in emitted("envoy") if obj["kind"] == "ConfigMap")
    del foreign["metadata"]["labels"]["llmd-routes/instance"]
    assert list(read_proxies(index_objects([own, foreign]))) == []


def test_an_envoy_without_its_service_is_unreachable() -> None:
    objects = [obj for obj in emitted("envoy") if obj["kind"] != "Service"]
    assert list(read_proxies(index_objects(objects))) == []
