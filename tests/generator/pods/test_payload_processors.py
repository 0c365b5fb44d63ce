"""Payload processors by their image, and the headers that they set, in each form of their configuration."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmd_routes.pods.payload_processors import copied_fields, processor_container
from tests.generator.objects import Obj, container

IMAGE = "ghcr.io/llm-d/llm-d-inference-payload-processor:main"
ROUTER = "registry.k8s.io/gateway-api-inference-extension/bbr:v1.5.0"


@pytest.mark.parametrize(
    ("image", "is_one"),
    [
        (IMAGE, True),
        (ROUTER, True),
        ("example.com/bbr@sha256:0", True),
        ("example.com/llm-d-inference-payload-processor-docs", False),
        ("example.com/mybbr:1", False),
        ("", False),
    ],
)
def test_recognised_by_the_image(image: str, is_one: bool) -> None:
    found = processor_container({"containers": [container("proxy", "envoy"), container("main", image)]})
    assert (found or {}).get("name") == ("main" if is_one else None)


def copies(*args: str, data: dict[str, str] | None = None) -> dict[str, str] | None:
    made = container("main", IMAGE, None, list(args), volumeMounts=[{"name": "v", "mountPath": "/config"}])
    spec = {"containers": [made], "volumes": [{"name": "v", "configMap": {"name": "settings"}}]}
    return copied_fields(spec, made, {"settings": data}.get if data is not None else lambda name: None)[0]


def plugin(field: Any, header: Any) -> str:
    return f"body-field-to-header:{field}:" + json.dumps({"fieldName": field, "headerName": header})


def test_without_a_configuration_it_copies_the_model() -> None:
    assert copies("--streaming", "--v", "3") == {"model": "x-gateway-model-name"}


@pytest.mark.parametrize(
    ("args", "headers"),
    [
        (["--plugin", plugin("model", "X-Gateway-Model-Name")], {"model": "x-gateway-model-name"}),
        (
            [f"--plugin={plugin('owned_by', 'X-Owned-By')}", "--plugin", "base-model-to-header:b"],
            {"owned_by": "x-owned-by"},
        ),
        (["--plugin", "body-field-to-header:broken:{"], {}),
        (["--plugin", plugin("model", None)], {}),
        (["--plugin", "body-field-to-header:none"], {}),
    ],
)
def test_plugins_as_arguments(args: list[str], headers: dict[str, str]) -> None:
    assert copies(*args) == headers


def config(*plugins: Obj, used: list[str]) -> dict[str, str]:
    profile = {"name": "default", "plugins": {"request": [{"pluginRef": name} for name in used]}}
    return {"own.yaml": json.dumps({"plugins": list(plugins), "profiles": [profile]})}


MODEL = {"type": "body-field-to-header", "parameters": {"fieldName": "model", "headerName": "X-Gateway-Model-Name"}}
OWNER = {
    "type": "body-field-to-header",
    "name": "o",
    "parameters": {"fieldName": "owned_by", "headerName": "x-owned-by"},
}


@pytest.mark.parametrize("path", ["/config/own.yaml", "config/own.yaml"])
def test_plugins_of_a_profile(path: str) -> None:
    both = {"model": "x-gateway-model-name", "owned_by": "x-owned-by"}
    assert copies("--config-file", path, data=config(MODEL, OWNER, used=["body-field-to-header", "o"])) == both
    # No profile references the second one.
    assert copies("--config-file", path, data=config(MODEL, OWNER, used=["body-field-to-header"])) == {
        "model": "x-gateway-model-name"
    }


@pytest.mark.parametrize("content", ["", "[]", "plugins: {}", "plugins: [1]\nprofiles: [a]"])
def test_a_file_without_plugins_copies_nothing(content: str) -> None:
    assert copies("--config-file=/config/own.yaml", data={"own.yaml": content}) == {}


def test_a_file_that_is_not_in_the_input() -> None:
    assert copies("--config-file", "/config/own.yaml") is None
    assert copies("--config-file", "/config/other.yaml", data=config(MODEL, used=[])) is None
