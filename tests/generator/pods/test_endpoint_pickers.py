"""Endpoint pickers by their arguments, images and labels."""

from __future__ import annotations

import pytest

from llmd_routes.names import EPP_LABELS
from llmd_routes.pods.endpoint_pickers import epp_container
from tests.generator.objects import Obj, container, vllm

IMAGE = "registry.k8s.io/gateway-api-inference-extension/epp:v1.5.0"


@pytest.mark.parametrize(
    ("containers", "labels", "name"),
    [
        ([container("x", "mine:1", None, ["--pool-name=p"])], {}, "x"),
        ([container("x", "mine:1", None, ["-poolName", "p"])], {}, "x"),
        ([container("x", IMAGE)], {}, "x"),
        ([container("x", "example.com/epp@sha256:0")], {}, "x"),
        ([container("x", "example.com/not-epp-like:1")], {}, None),
        ([container("x", "a"), container("epp", "b")], {"inferencepool": "p-epp"}, "epp"),
        ([container("x", "a")], {"inferencepool": "p-epp"}, "x"),
        ([container("x", "a")], {"inferencepool": "p"}, None),
        ([vllm("m")], {}, None),
        ([], {"inferencepool": "p-epp"}, None),
    ],
)
def test_pickers(containers: list[Obj], labels: dict[str, str], name: str | None) -> None:
    found = epp_container({"containers": containers}, labels, EPP_LABELS)
    assert (found or {}).get("name") == name
