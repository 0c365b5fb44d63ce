"""Objects that make ModelServices elsewhere, and the way to read them."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory


@pytest.mark.parametrize(
    ("api", "kind", "command"),
    [
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", "helm template a "),
        ("argoproj.io/v1alpha1", "Application", "argocd app manifests a "),
        ("nvidia.com/v1alpha1", "DynamoGraphDeployment", "read the cluster"),
        ("apps.nvidia.com/v1alpha1", "NIMService", "read the cluster"),
        ("serving.kserve.io/v1beta1", "InferenceService", "read the cluster"),
        ("ray.io/v1", "RayService", "read the cluster"),
    ],
)
def test_what_makes_services_elsewhere_is_told_with_the_way_to_read_them(api: str, kind: str, command: str) -> None:
    obj = {"apiVersion": api, "kind": kind, "metadata": {"name": "a", "namespace": "ns"}}
    (entry,) = build_inventory([obj]).ignored
    assert (entry.object, command in entry.reason, entry.unread) == (f"{kind}/a", True, False)
