"""InferencePools behind a real Envoy Gateway: an extension server asks endpoint pickers, as Envoy AI Gateway does."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.apiserver import free_ports
from tests.bench.bench import Bench, Toolchain
from tests.bench.cases import llmd_routes
from tests.bench.gobuild import EPP, POOL_EXTENSION, programs
from tests.bench.processes import Processes
from tests.bench.progress import Report
from tests.bench.scene.gateway import CHAT, MODEL, Gateway
from tests.bench.scene.guide import check, each_block
from tests.bench.scene.test_body_to_header import NAMED, UNKNOWN, ask, ask_at_length
from tests.bench.waiting import until

from .admin import asking_filters
from .controller import envoy_gateway
from .emitted import run_emitted
from .pickers import ENGINES, install, names_of, picked, start_pickers, uninstall
from .scene import apply, check_openai, gateway, wait_accepted

NAMESPACE = "pools"
IMAGE = "registry.example.com/llmd-routes:v1"
# By a filter in Envoy, or by an external service.
CARRIERS = {
    "in-gateway": (),
    **{kind: ("--body-to-header", kind, "--image", IMAGE) for kind in ("ext-proc", "ext-authz")},
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """The engines, their pickers, and the extension server."""
    with Processes(tmp_path_factory.mktemp("pools")) as processes:
        yield processes


@pytest.fixture(scope="module")
def controller(
    server: Bench,
    program: Path,
    running: Processes,
    bench_toolchain: Toolchain,
    bench_report: Report,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """Envoy Gateway with an extension server, by its folder, and the engines; pickers start once they have pools."""
    built = programs(bench_toolchain.go, (POOL_EXTENSION, EPP), bench_report)
    (extension,) = free_ports(1, "127.0.0.1")
    running.start("extension", built["pool-extension"], f"127.0.0.1:{extension}")
    server.kubectl.must("create", "namespace", NAMESPACE)
    install(server, NAMESPACE, running)
    start_pickers(server, built["epp"], NAMESPACE, running)
    folder = tmp_path_factory.mktemp("envoy-gateway")
    hosts = folder / "root" / "etc" / "hosts"
    hosts.parent.mkdir(parents=True)
    hosts.write_text(Path("/etc/hosts").read_text() + names_of(NAMESPACE))
    with envoy_gateway(program, server, folder, extension=extension):
        yield folder
        server.kubectl.must("delete", "gateways", "--all", "--all-namespaces")
    uninstall(server)


@pytest.fixture(scope="module", params=CARRIERS)
def carrier(request: pytest.FixtureRequest) -> str:
    """What reads bodies."""
    return str(request.param)


@pytest.fixture(scope="module")
def pods(carrier: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """The pods of emitted Deployments."""
    with Processes(tmp_path_factory.mktemp(carrier)) as processes:
        yield processes


@pytest.fixture(scope="module")
def place(
    server: Bench, controller: Path, carrier: str, pods: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A Gateway in front of two ModelServices with an InferencePool each, and the emitted objects."""
    (port,) = free_ports(1, "0.0.0.0")
    apply(server.kubectl, [gateway(NAMESPACE, port)])
    done = llmd_routes("generate", "-n", NAMESPACE, *CARRIERS[carrier], bench=server)
    assert done.returncode == 0, done.stderr
    server.kubectl.must("apply", "-f", "-", stdin=done.stdout)
    run_emitted(server, done.stdout, tmp_path_factory.mktemp("files"), pods)
    yield wait_ready(Gateway("127.0.0.1", port))
    kinds = "httproutes,envoyextensionpolicies,securitypolicies,httproutefilters,clienttrafficpolicies"
    server.kubectl.must("delete", kinds, "--all", "-n", NAMESPACE)


def wait_ready(found: Gateway) -> Gateway:
    """Return a Gateway once it lists the models, and each engine answers."""
    until(lambda: found.ask("GET", "/v1/models").status == 200, "the gateway lists the models")
    for engine in ENGINES:
        until(lambda engine=engine: ask(found, owned_by=engine.name).status == 200, f"{engine.name} answers")  # type: ignore[misc]
    return found


@pytest.mark.parametrize("kind", ["clienttrafficpolicy", "reading policy", "httproute"])
def test_every_object_is_accepted(server: Bench, place: Gateway, carrier: str, kind: str) -> None:
    if kind == "reading policy":
        kind = "securitypolicy" if carrier == "ext-authz" else "envoyextensionpolicy"
    names = server.kubectl.must("get", kind, "-n", NAMESPACE, "-o", "name").split()
    assert names
    for name in names:
        wait_accepted(server.kubectl, kind, NAMESPACE, name.partition("/")[2])


def test_one_filter_for_each_pool(place: Gateway, controller: Path) -> None:
    assert sorted(asking_filters(controller)) == [f"picker/{NAMESPACE}/sglang", f"picker/{NAMESPACE}/vllm"]


@pytest.mark.parametrize(("query", "headers", "fields", "engine"), NAMED)
def test_the_picker_of_the_named_engine_is_asked_once(
    place: Gateway, carrier: str, query: str, headers: dict[str, str], fields: dict[str, object], engine: str
) -> None:
    before = picked()
    answer = ask(place, query, headers, **fields)
    if carrier == "ext-authz" and query:
        # The query stays, and the picker rejects it.
        assert (answer.status, picked()) == (400, before), answer.body
        return
    assert (answer.status, answer.engine) == (200, engine), answer.body
    assert picked() == before | {engine: before[engine] + 1}
    assert json.loads(answer.headers["x-bench-seen"])["path"] == CHAT


@pytest.mark.parametrize(("query", "headers", "fields"), UNKNOWN)
def test_what_no_engine_serves_gets_404(
    place: Gateway, query: str, headers: dict[str, str], fields: dict[str, object]
) -> None:
    before = picked()
    answer = ask(place, query, headers, **fields)
    assert (answer.status, answer.engine) == (404, None)
    assert json.loads(answer.body)["error"]["code"] == "model_not_found"
    assert picked() == before


@each_block
def test_the_guide(place: Gateway, carrier: str, block: str, tmp_path: Path) -> None:
    # With the service comes a models server, which asks the engines.
    check(block, place, tmp_path, asked=carrier != "in-gateway")


def test_the_client_of_openai(place: Gateway) -> None:
    check_openai(place)


@pytest.mark.parametrize("size", [100_000, 3_900_000])
def test_long_prompts(place: Gateway, size: int) -> None:
    answer = ask(place, messages=[{"role": "user", "content": "word " * (size // 5)}], owned_by="sglang")
    assert (answer.status, answer.engine) == (200, "sglang"), answer.body


def test_the_limit_of_bodies(place: Gateway, carrier: str) -> None:
    """A processor streams bodies, so a picker gets any size."""
    if carrier == "ext-proc":
        assert ask(place, messages=[{"role": "user", "content": "word " * 4_000_000}], owned_by="vllm").status == 200
    answer = ask_at_length(place, 20_000_000 if carrier == "in-gateway" else 34_000_000, is_chunked=False)
    assert answer.status == 413
    # Before it asks over HTTP, Envoy rejects the body itself, in plain text.
    assert carrier == "ext-authz" or (answer.said and answer.said["error"]["code"]) == "request_too_large"


@pytest.mark.parametrize("path", ["/", "/healthz", "/v2/models"])
def test_paths_without_a_route(place: Gateway, path: str) -> None:
    answer = place.ask("GET", path)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (404, "route_not_found")


def test_without_a_picker_only_its_pool_fails(place: Gateway, running: Processes) -> None:
    """FailOpen is not honoured, as the notice says; paths without a route ask no picker."""
    running.kill("sglang-epp")
    try:
        assert ask(place, owned_by="sglang").status == 500
        assert ask(place, owned_by="vllm").status == 200
        assert place.ask("GET", "/healthz").status == 404
        assert ask(place, owned_by="nope").status == 404
    finally:
        running.again("sglang-epp")
    until(lambda: ask(place, owned_by="sglang").status == 200, "sglang answers")


@pytest.mark.parametrize("carrier", ["ext-proc", "ext-authz"], indirect=True, scope="module")
def test_without_the_service_requests_fail(place: Gateway, carrier: str, pods: Processes) -> None:
    """No request passes unread, and a service that hangs is waited for.

    The rules for the models list and for paths without a route belong to the route whose requests it reads.
    """
    (name,) = (name for name in pods.names() if name.startswith(f"{carrier}-"))
    failure = 503 if carrier == "ext-authz" else 500
    spoofed = {"x-gateway-model-name": MODEL, "x-owned-by": "vllm"}
    pods.kill(name)
    try:
        for headers in ({}, spoofed):
            assert ask(place, headers=headers, owned_by="vllm").status == failure
        for path in ("/healthz", "/v1/models"):
            assert place.ask("GET", path).status == failure
    finally:
        pods.again(name)
    until(lambda: ask(place, owned_by="vllm").status == 200, "the service is back")
    if carrier == "ext-authz":
        os.kill(pods.pid(name), signal.SIGSTOP)
        try:
            assert ask(place, headers=spoofed, owned_by="vllm").status == failure
        finally:
            os.kill(pods.pid(name), signal.SIGCONT)
        assert ask(place, owned_by="vllm").status == 200


def test_a_second_hostname_repeats_the_filter(server: Bench, place: Gateway, controller: Path) -> None:
    names = ("a.example.com", "b.example.com")
    done = llmd_routes(
        "generate", "-n", NAMESPACE, *(word for name in names for word in ("--hostname", name)), bench=server
    )
    assert "picker-repeated" in done.stderr
    server.kubectl.must("apply", "-f", "-", stdin=done.stdout)
    until(lambda: len(asking_filters(controller)) == 4, "Envoy has two filters for each pool")
    before = picked()
    answer = ask(place, headers={"host": names[0]}, owned_by="sglang")
    assert (answer.status, answer.engine) == (200, "sglang")
    assert picked() == before | {"sglang": before["sglang"] + 2}
