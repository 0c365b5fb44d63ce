"""The proxy of a stand-alone router, and the port of a Service that reaches it."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.pods.proxies import client_port, proxy_container
from tests.generator.objects import container

ENVOY = container(
    "envoy-proxy",
    "docker.io/envoyproxy/envoy:distroless-v1.33.2",
    ports=[{"name": "metrics-19001", "containerPort": 19001}, {"name": "http-8081", "containerPort": 8081}],
)


@pytest.mark.parametrize(
    ("image", "known"),
    [
        ("docker.io/envoyproxy/envoy:distroless-v1.33.2", True),
        ("cr.agentgateway.dev/agentgateway:latest-dev", True),
        ("registry.example.com:5000/mirror/envoy@sha256:0", True),
        ("docker.io/istio/proxyv2:1.29.0", False),
        ("envoyproxy/envoy-ratelimit:v1", False),
        ("", False),
    ],
)
def test_images_of_proxies(image: str, known: bool) -> None:
    epp = container("epp", "ghcr.io/llm-d/llm-d-router-endpoint-picker:v0.10.0")
    found = proxy_container({"containers": [epp, container("proxy", image)]})
    assert (found is not None) is known


def ports(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"ports": list(entries)}}


@pytest.mark.parametrize(
    ("service", "port"),
    [
        (ports({"port": 9002}, {"name": "http", "port": 8081}), 8081),
        (ports({"port": 80, "targetPort": 8081}), 80),
        (ports({"port": 80, "targetPort": "http-8081"}), 80),
        (ports({"port": 19001}, {"port": 80, "targetPort": "metrics-19001"}), None),
        (ports({"port": 80, "targetPort": "http"}), None),
        ({}, None),
    ],
)
def test_the_port_for_clients(service: dict[str, Any], port: int | None) -> None:
    assert client_port(service, ENVOY) == port


def test_a_proxy_that_declares_no_ports_has_the_port_of_the_charts() -> None:
    bare = container("envoy-proxy", "envoyproxy/envoy:v1.33")
    assert client_port(ports({"port": 9090}, {"port": 80, "targetPort": 8081}), bare) == 80
