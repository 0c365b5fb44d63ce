"""Body-based routing by a real Envoy Gateway, which accepts the emitted policies and configures an Envoy with them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.apiserver import free_ports
from tests.bench.bench import Bench
from tests.bench.cases import llmd_routes
from tests.bench.processes import Processes
from tests.bench.scene.gateway import CHAT, MODEL, Gateway
from tests.bench.scene.guide import check, each_block
from tests.bench.scene.programs import ROOT
from tests.bench.scene.test_body_to_header import NAMED, UNKNOWN, ask, ask_at_length
from tests.bench.waiting import until
from tests.generator.objects import container, deployment, vllm

from .scene import apply, check_openai, fronted, gateway, wait_accepted

NAMESPACE = "llm"
PORTS = {"vllm": 8000, "sglang": 30000}
SGLANG = ["--model-path", MODEL, "--port", "30000"]
ENGINES = {
    "vllm": vllm(MODEL, ports=[{"containerPort": 8000}]),
    "sglang": container("sglang", "lmsysorg/sglang:v1", None, SGLANG, ports=[{"containerPort": 30000}]),
}


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two engines, as processes of this machine."""
    with Processes(tmp_path_factory.mktemp("engines")) as processes:
        for engine in ENGINES:
            words = ("--model", MODEL, "--port", str(PORTS[engine]))
            module = ("-m", "tests.bench.scene.engine", engine, *words)
            processes.start(engine, Path(sys.executable), *module, env={"PYTHONPATH": str(ROOT)})
        yield


@pytest.fixture(scope="module")
def place(server: Bench, controller: Processes, engines: None) -> Gateway:
    """A Gateway in front of two ModelServices with a Service each, and the emitted objects."""
    (port,) = free_ports(1, "0.0.0.0")
    server.kubectl.must("create", "namespace", NAMESPACE)
    objects = [gateway(NAMESPACE, port)]
    for engine, program in ENGINES.items():
        objects.append(deployment(engine, {"app": engine}, program, namespace=NAMESPACE))
        objects[-1]["spec"]["selector"] = {"matchLabels": {"app": engine}}
        objects += fronted(NAMESPACE, engine, PORTS[engine])
    apply(server.kubectl, objects)
    done = llmd_routes("generate", "-n", NAMESPACE, bench=server)
    assert done.returncode == 0, done.stderr
    # The setting of Envoy Gateway is in a file here, not in a ConfigMap.
    assert "enableLua" in done.stderr
    server.kubectl.must("apply", "-f", "-", stdin=done.stdout)
    found = Gateway("127.0.0.1", port)
    until(lambda: found.ask("GET", "/v1/models").status == 200, "the gateway lists the models")
    return found


@pytest.mark.parametrize("kind", ["clienttrafficpolicy", "envoyextensionpolicy", "httproute"])
def test_every_object_is_accepted(server: Bench, place: Gateway, kind: str) -> None:
    wait_accepted(server.kubectl, kind, NAMESPACE, "llm.gateway")


def test_status_sees_that_every_object_is_accepted(server: Bench, place: Gateway) -> None:
    """Without a load balancer the Gateway has no address, so only it is not in effect."""
    done = llmd_routes("status", "-n", NAMESPACE, "--timeout", "0", "-o", "json", bench=server)
    assert done.returncode == 1, done.stdout
    said = json.loads(done.stdout)
    assert [each["object"] for each in said["objects"] if not each["inEffect"]] == [f"Gateway {NAMESPACE}/gateway"]
    assert "AddressNotAssigned" in said["findings"][0]["fact"]
    kinds = {each["object"].partition(" ")[0] for each in said["objects"] if each["inEffect"]}
    assert kinds == {"GatewayClass", "HTTPRoute", "ClientTrafficPolicy", "EnvoyExtensionPolicy"}


@pytest.mark.parametrize(("query", "headers", "fields", "engine"), NAMED)
def test_the_engine_that_a_request_names(
    place: Gateway, query: str, headers: dict[str, str], fields: dict[str, object], engine: str
) -> None:
    answer = ask(place, query, headers, **fields)
    assert (answer.status, answer.engine) == (200, engine), answer.body
    assert json.loads(answer.headers["x-bench-seen"])["path"] == CHAT


@pytest.mark.parametrize(("query", "headers", "fields"), UNKNOWN)
def test_what_no_engine_serves_gets_404(
    place: Gateway, query: str, headers: dict[str, str], fields: dict[str, object]
) -> None:
    answer = ask(place, query, headers, **fields)
    assert (answer.status, answer.engine) == (404, None)
    assert json.loads(answer.body)["error"]["code"] == "model_not_found"


@each_block
def test_the_guide(place: Gateway, block: str, tmp_path: Path) -> None:
    check(block, place, tmp_path)


def test_the_client_of_openai(place: Gateway) -> None:
    check_openai(place)


def test_long_prompts(place: Gateway) -> None:
    answer = ask(place, messages=[{"role": "user", "content": "word " * 780_000}], owned_by="sglang")
    assert (answer.status, answer.engine) == (200, "sglang"), answer.body


@pytest.mark.parametrize("is_chunked", [False, True])
def test_prompts_that_are_too_long(place: Gateway, is_chunked: bool) -> None:
    answer = ask_at_length(place, 20_000_000, is_chunked)
    # Without a declared length, Envoy itself answers, in plain text.
    code = None if is_chunked else "request_too_large"
    assert (answer.status, answer.said and answer.said["error"]["code"]) == (413, code)


def test_clients_that_send_headers(server: Bench, place: Gateway) -> None:
    """Without a filter, a request for an engine that does not serve the model reaches no other engine."""
    done = llmd_routes("generate", "-n", NAMESPACE, "--body-to-header", "none", bench=server)
    assert done.returncode == 0, done.stderr
    policies = ("envoyextensionpolicies", "clienttrafficpolicies")
    server.kubectl.must("delete", ",".join(policies), "--all", "-n", NAMESPACE)
    server.kubectl.must("apply", "-f", "-", stdin=done.stdout)
    until(lambda: place.ask("GET", "/v1/models").status == 404, "the filter is gone")
    named = {"x-gateway-model-name": MODEL}
    for owner, outcome in (("sglang", (200, "sglang")), ("vllm", (200, "vllm")), ("nope", (500, None))):
        answer = place.chat({**named, "x-owned-by": owner})
        assert (answer.status, answer.engine) == outcome, owner
    assert place.chat(named).engine == "vllm"
