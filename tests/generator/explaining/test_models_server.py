"""The answer of an emitted models server is known from its Deployment and ConfigMaps."""

from __future__ import annotations

import json
from typing import Any

from llmd_routes.explaining.models_server import answer_of_server
from llmd_routes.inventory.build import index_objects
from llmd_routes.kube.objects import Ref
from llmd_routes_sidecar.answers import Answer
from llmd_routes_sidecar.request_head import Request
from tests.generator.emitted import IMAGE, emitted
from tests.generator.objects import Obj


def made(**options: Any) -> tuple[list[Obj], Ref]:
    """Return the objects of a models server, and its Service."""
    objects = emitted("istio", image=IMAGE, **options)
    (service,) = (
        obj for obj in objects if obj["kind"] == "Service" and "llmd-routes/models" in obj["spec"].get("selector", {})
    )
    return objects, Ref("ns", "Service", service["metadata"]["name"])


def ask(objects: list[Obj], service: Ref, path: str, **headers: str) -> Answer | None:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return answer_of_server(service, Request("GET", "gw", path, pairs), index_objects(objects))


def test_the_list_has_the_models_of_the_catalog() -> None:
    found = ask(*made(), "/v1/models")
    assert found is not None
    assert sorted(entry["id"] for entry in json.loads(found.body)["data"]) == ["m1", "m1", "m3", "org/m2"]


def test_prefixes_and_limits_are_those_of_its_arguments() -> None:
    objects, service = made(path_prefixes=("/a/v1",), body_limit="1Ki")
    listed = ask(objects, service, "/a/v1/models")
    assert listed is not None
    assert listed.status == 200
    long = ask(objects, service, "/a/v1/x", content_length="2000", content_type="application/json")
    assert long is not None
    assert long.status == 413


def test_without_its_deployment_nothing_is_known() -> None:
    objects, service = made()
    left = [obj for obj in objects if obj["kind"] != "Deployment"]
    assert ask(left, service, "/v1/models") is None
    assert ask(objects, Ref("ns", "Service", "vllm-epp"), "/v1/models") is None


def test_a_config_map_that_is_no_catalog_is_skipped() -> None:
    objects, service = made()
    for obj in objects:
        if obj["kind"] == "ConfigMap":
            obj["data"] = {"catalog.json": "{"}
    found = ask(objects, service, "/v1/models")
    assert found is not None
    assert json.loads(found.body)["data"] == []
