"""An Envoy Gateway that runs no Lua, and foreign policies and routes, as the documentation describes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.apiserver import free_ports
from tests.bench.bench import Bench
from tests.bench.cases import llmd_routes
from tests.bench.scene.gateway import MODEL, Gateway
from tests.bench.waiting import until
from tests.generator.objects import deployment, vllm

from .controller import envoy_gateway
from .scene import apply, conditions, fronted, gateway, wait_accepted

NAMESPACE = "settings"
POLICY = {
    "apiVersion": "gateway.envoyproxy.io/v1alpha1",
    "kind": "ClientTrafficPolicy",
    "metadata": {"name": "own", "namespace": NAMESPACE},
    "spec": {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gateway"}],
        "timeout": {"http": {"idleTimeout": "1h"}},
    },
}


@pytest.fixture(scope="module")
def place(server: Bench) -> Gateway:
    """A Gateway in front of one ModelService."""
    (port,) = free_ports(1, "0.0.0.0")
    server.kubectl.must("create", "namespace", NAMESPACE)
    engine = deployment("vllm", {"app": "vllm"}, vllm(MODEL, ports=[{"containerPort": 8000}]), namespace=NAMESPACE)
    engine["spec"]["selector"] = {"matchLabels": {"app": "vllm"}}
    apply(server.kubectl, [gateway(NAMESPACE, port), engine, *fronted(NAMESPACE, "vllm", 8000)])
    return Gateway("127.0.0.1", port)


@pytest.fixture(scope="module")
def controller(
    server: Bench, program: Path, place: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """An Envoy Gateway as its chart installs it: without Lua."""
    folder = tmp_path_factory.mktemp("without-lua")
    with envoy_gateway(program, server, folder, lua=False):
        yield
        server.kubectl.must("delete", "gateways", "--all", "--all-namespaces")


def test_without_lua_every_request_gets_500(server: Bench, place: Gateway, controller: None) -> None:
    done = llmd_routes("generate", "-n", NAMESPACE, bench=server)
    assert "gateway-setting" in done.stderr
    server.kubectl.must("apply", "-f", "-", stdin=done.stdout)
    until(lambda: place.ask("GET", "/v1/models").status == 500, "the routes are there")
    assert place.chat({}).status == 500
    until(
        lambda: conditions(server.kubectl, "envoyextensionpolicy", NAMESPACE, "settings.gateway").get("Accepted"),
        "the controller has judged the policy",
    )
    refused = conditions(server.kubectl, "envoyextensionpolicy", NAMESPACE, "settings.gateway")
    assert "disabled" in refused["Accepted"]
    shown = llmd_routes("diff", "-n", NAMESPACE, bench=server)
    assert (shown.returncode, shown.stdout) == (0, ""), shown.stderr
    assert "warning: a controller rejects an object, or a part of it [not-accepted]" in shown.stderr
    assert "EnvoyExtensionPolicy settings/settings.gateway" in shown.stderr


def test_a_foreign_policy_gets_the_fields(server: Bench, place: Gateway, controller: None) -> None:
    server.kubectl.must("delete", "clienttrafficpolicies", "--all", "-n", NAMESPACE)
    apply(server.kubectl, [POLICY])
    wait_accepted(server.kubectl, "clienttrafficpolicy", NAMESPACE, "own")
    done = llmd_routes("generate", "-n", NAMESPACE, bench=server)
    assert (done.returncode, done.stdout) == (2, "")
    assert "ClientTrafficPolicy settings/own" in done.stderr
    # As the fix says.
    fields = {
        "connection": {"bufferLimit": "4096Ki"},
        "headers": {"earlyRequestHeaders": {"remove": ["x-gateway-model-name"]}},
    }
    apply(server.kubectl, [POLICY | {"spec": {**POLICY["spec"], **fields}}])  # type: ignore[dict-item]
    done = llmd_routes("generate", "-n", NAMESPACE, bench=server)
    assert (done.returncode, "kind: ClientTrafficPolicy" in done.stdout) == (0, False)
    wait_accepted(server.kubectl, "clienttrafficpolicy", NAMESPACE, "own")


def test_a_foreign_route_with_the_same_path(server: Bench, place: Gateway) -> None:
    match = {"path": {"type": "PathPrefix", "value": "/v1"}}
    other = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "app", "namespace": NAMESPACE},
        "spec": {"parentRefs": [{"name": "gateway"}], "rules": [{"matches": [match]}]},
    }
    server.kubectl.must("apply", "-f", "-", stdin=json.dumps(gateway(NAMESPACE, place.port)))
    apply(server.kubectl, [other])
    done = llmd_routes("generate", "-n", NAMESPACE, bench=server)
    server.kubectl.must("delete", "httproute", "app", "-n", NAMESPACE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "HTTPRoute settings/app: rule 1 matches the same path without headers" in done.stderr
