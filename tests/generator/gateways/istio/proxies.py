"""Pods of istio, whose images tell its release."""

from __future__ import annotations

from tests.generator.objects import Obj, container, deployment


def proxy(tag: str, *, of: str = "gw", namespace: str = "ns", image: str = "docker.io/istio/proxyv2") -> Obj:
    labels = {"gateway.networking.k8s.io/gateway-name": of}
    return deployment(f"{of}-istio", labels, container("istio-proxy", f"{image}{tag}", []), namespace=namespace)
