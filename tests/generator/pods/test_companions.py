"""Containers beside an engine."""

from __future__ import annotations

import pytest

from llmd_routes.pods.companions import is_skipped, is_syncer
from tests.generator.objects import Obj, container, sidecar, vllm


@pytest.mark.parametrize(
    ("one", "skipped", "syncs"),
    [
        (vllm("m"), False, False),
        (container("istio-proxy", "any"), True, False),
        (container("x", "docker.io/istio/proxyv2:1.28.0"), True, False),
        (container("lora-adapter-syncer", "any"), True, True),
        (container("x", "registry.example/lora-syncer:v1"), True, True),
        (container("x", "quay.io/curlimages/curl"), True, False),
        (container("x", "example.com/requesters/server"), False, False),
        (container("x", "example.com/fma/requester@sha256:0"), True, False),
        (sidecar(), True, False),
        ({}, False, False),
    ],
)
def test_companions(one: Obj, skipped: bool, syncs: bool) -> None:
    assert (is_skipped(one), is_syncer(one)) == (skipped, syncs)
