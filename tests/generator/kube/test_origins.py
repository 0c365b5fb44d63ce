"""What maintains an object, by its metadata."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.kube.origins import origin_of

HELM = {"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"meta.helm.sh/release-name": "chat"}}
OWNER = {"kind": "LLMInferenceService", "name": "chat", "controller": True}


@pytest.mark.parametrize(
    ("metadata", "origin"),
    [
        ({}, None),
        ({"labels": {"app.kubernetes.io/managed-by": "team-a"}}, "its source, which team-a applies"),
        (HELM, "the values of Helm release chat"),
        ({**HELM, "ownerReferences": [OWNER]}, "LLMInferenceService chat"),
        ({"ownerReferences": [{**OWNER, "controller": False}]}, None),
        ({"labels": {"llmd-routes/instance": "a.b"}}, "instance a.b of llmd-routes"),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "shop:gateway.networking.k8s.io/HTTPRoute:web/shop"}},
            "the source of Argo CD Application shop",
        ),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "the source of Flux Kustomization apps"),
        (
            {**HELM, "labels": {"helm.toolkit.fluxcd.io/name": "chat", **HELM["labels"]}},
            "the source of Flux HelmRelease chat",
        ),
    ],
)
def test_where_an_object_is_changed(metadata: dict[str, Any], origin: str | None) -> None:
    assert origin_of({"metadata": metadata}) == origin
