"""What CRDs tell of an API server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from llmd_routes.inventory.platform import read_platform
from llmd_routes.model.inventory import Platform

V1, ALPHA = "inference.networking.k8s.io", "inference.networking.x-k8s.io"


def crd(plural: str, group: str, **annotations: str) -> dict[str, Any]:
    metadata = {
        "name": f"{plural}.{group}",
        "annotations": {
            f"gateway.networking.k8s.io/{name.replace('_', '-')}": text for name, text in annotations.items()
        },
    }
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata}


def routes(**annotations: str) -> dict[str, Any]:
    return crd("httproutes", "gateway.networking.k8s.io", **annotations)


@pytest.mark.parametrize(
    ("objects", "platform"),
    [
        ([], Platform()),
        ([routes(bundle_version="v1.2.0")], Platform(route_matches=64, rule_names=False)),
        ([routes(bundle_version="v1.2.0", channel="experimental")], Platform(route_matches=64)),
        ([routes(bundle_version="v1.4.0")], Platform(route_matches=64)),
        ([routes(bundle_version="v1.10.1")], Platform(route_matches=64)),
        ([routes(bundle_version="v1.1.0")], Platform(route_timeouts=False, rule_names=False)),
        ([routes(bundle_version="v1.1.0", channel="experimental")], Platform(rule_names=False)),
        ([routes(bundle_version="unreadable")], Platform()),
        ([crd("inferencepools", ALPHA), crd("inferencepools", V1)], Platform(pool_groups=(V1, ALPHA))),
        ([crd("inferencepools", ALPHA)], Platform(pool_groups=(ALPHA,))),
        ([crd("httproutes", "example.com", bundle_version="v1.9.0")], Platform()),
    ],
)
def test_platform(objects: list[dict[str, Any]], platform: Platform) -> None:
    read = read_platform(objects)
    assert replace(read, crds=frozenset()) == platform
    assert read.crds == {each["metadata"]["name"] for each in objects if each["kind"] == "CustomResourceDefinition"}
