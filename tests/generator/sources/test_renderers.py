"""Objects that make ModelServices elsewhere, and the way to read them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.reading.documents import Document
from llmd_routes.reading.merge import merge
from tests.generator.objects import Obj


@pytest.mark.parametrize(
    ("api", "kind", "command"),
    [
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", "helm template a "),
        ("argoproj.io/v1alpha1", "Application", "argocd app manifests a "),
        ("nvidia.com/v1alpha1", "DynamoGraphDeployment", "read the cluster"),
        ("apps.nvidia.com/v1alpha1", "NIMService", "read the cluster"),
        ("serving.kserve.io/v1beta1", "InferenceService", "read the cluster"),
        ("ray.io/v1", "RayService", "read the cluster"),
        ("kaito.sh/v1beta1", "Workspace", "read the cluster"),
    ],
)
def test_what_makes_services_elsewhere_is_told_with_the_way_to_read_them(api: str, kind: str, command: str) -> None:
    obj = {"apiVersion": api, "kind": kind, "metadata": {"name": "a", "namespace": "ns"}}
    (entry,) = build_inventory([obj]).ignored
    assert (entry.object, command in entry.reason, entry.unread) == (f"{kind}/a", True, False)


def made(api: str, kind: str, **fields: Any) -> Obj:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "a", "namespace": "ns"}, **fields}


POD = {"spec": {"containers": [{"name": "c", "image": "vllm/vllm-openai:v1"}]}}


@pytest.mark.parametrize(
    ("obj", "is_kept"),
    [
        (made("example.com/v1", "Fleet", spec={"roles": [{"template": POD}]}), True),
        (made("serving.knative.dev/v1", "Service", spec={"template": POD}), True),
        (made("example.com/v1", "Fleet", spec={"size": 1}), False),
        (made("example.com/v1", "Schema", spec={"containers": {"type": "array"}}), False),
        # Not a resource that makes pods: a definition of one.
        (made("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec={"example": POD}), False),
    ],
)
def test_any_kind_that_holds_containers(obj: Obj, is_kept: bool) -> None:
    text = json.dumps(obj)
    objects, conflicts = merge([Document(json.loads(text), "f", 1), Document({**json.loads(text), "x": 1}, "f", 2)])
    assert conflicts == () or not is_kept
    ignored = [entry.object for entry in build_inventory(objects).ignored]
    assert ignored == ([f"{obj['kind']}/a"] if is_kept else [])
