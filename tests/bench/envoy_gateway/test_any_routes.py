"""Whatever is served, Envoy Gateway chooses the Service or the pool that a request names, as istio does.

The inventories and the expected answers are those of the test with istio. A Service leads to an address of its own,
which the answer names. No endpoint picker answers, so counters of Envoy show which one was asked.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.output.render import render
from llmd_routes.planning.make import make_plan
from tests.bench.apiserver import free_ports
from tests.bench.bench import Bench, Toolchain
from tests.bench.cases import LONG, ensure_namespaces
from tests.bench.client import Client
from tests.bench.gobuild import POOL_EXTENSION, programs
from tests.bench.processes import Processes
from tests.bench.progress import Report
from tests.bench.scene.gateway import JSON, Gateway
from tests.bench.scene.test_any_routes import HOME, NAMESPACES, Served, check, inventories, written
from tests.bench.waiting import until
from tests.generator.objects import Obj, service
from tests.generator.options import to_options

from .admin import asked, endpoints, filters, routes
from .controller import envoy_gateway
from .echo import PORT, echo_server
from .scene import apply, gateway, slice_of

Kind = Literal["service", "pool"]
_KINDS = ("HTTPRoute", "EnvoyExtensionPolicy", "ClientTrafficPolicy", "HTTPRouteFilter", "InferencePool", "Service")
_NUMBERS = count(1)  # names and addresses are never used twice, so nothing of an earlier example can answer


@pytest.fixture(scope="module")
def echo() -> Iterator[None]:
    """A server at all addresses of pods."""
    with echo_server():
        yield


@pytest.fixture(scope="module")
def controller(
    server: Bench,
    program: Path,
    bench_toolchain: Toolchain,
    bench_report: Report,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """Envoy Gateway with the extension server, by its folder."""
    folder = tmp_path_factory.mktemp("any-routes")
    (port,) = free_ports(1, "127.0.0.1")
    extension = programs(bench_toolchain.go, (POOL_EXTENSION,), bench_report)["pool-extension"]
    with Processes(folder) as processes:
        processes.start("extension", extension, f"127.0.0.1:{port}")
        with envoy_gateway(program, server, folder, extension=port):
            yield folder
            server.kubectl.must("delete", "gateways", "--all", "--all-namespaces")


@pytest.fixture(scope="module")
def place(server: Bench, controller: Path, echo: None) -> tuple[Gateway, Obj]:
    """A Gateway that takes routes of all namespaces, and its manifest."""
    ensure_namespaces(server, [{"metadata": {"namespace": name}} for name in NAMESPACES])
    (port,) = free_ports(1, "0.0.0.0")
    manifest = gateway(HOME, port)
    manifest["spec"]["listeners"][0]["allowedRoutes"] = {"namespaces": {"from": "All"}}
    apply(server.kubectl, [manifest])
    return Gateway("127.0.0.1", port), manifest


def behind(one: Served, name: str, address: str, kind: Kind) -> list[Obj]:
    """Return a ModelService with its pool, or with a Service that leads to an address of its own."""
    workload, *pool_and_picker = written(one, name)
    if kind == "pool":
        return [workload, *pool_and_picker]
    target = 8000 if one.engine == "vllm" else 30000
    front = service(name, {"app": name}, target, one.namespace)
    leading = slice_of(one.namespace, name, front["spec"]["ports"][0].get("name", ""), PORT)
    leading["endpoints"][0]["addresses"] = [address]
    return [workload, front, leading]


@settings(max_examples=60 if LONG else 10, deadline=None, derandomize=True)
@given(
    inventory=inventories(),
    kind=st.sampled_from(["service", "pool"]),
    carrier=st.sampled_from(["none", "auto"]),
)
def test_the_backend_that_a_request_names_is_chosen(
    server: Bench,
    controller: Path,
    place: tuple[Gateway, Obj],
    inventory: list[Served],
    kind: Kind,
    carrier: Literal["none", "auto"],
) -> None:
    front, manifest = place
    names = {one: f"any-{next(_NUMBERS)}" for one in inventory}
    addresses = {name: address_of(next(_NUMBERS)) for name in names.values()}
    objects = [obj for one, name in names.items() for obj in behind(one, name, addresses[name], kind)]
    options = to_options(instance=f"any-{next(_NUMBERS)}", body_to_header=carrier, backend=kind)
    emitted = [
        made.obj for made in render(make_plan(build_inventory([*objects, manifest], Scope(assume=True)), options))
    ]
    with Client(server) as client:
        for obj in (*objects, *json.loads(json.dumps(emitted))):
            if obj["kind"] != "Deployment":
                client.create(obj)
    try:
        until(lambda: configured(controller) == expected(emitted), "Envoy has the routes and the filters")
        if kind == "service":
            until(lambda: endpoints(controller) >= set(addresses.values()), "Envoy has the endpoints of the Services")
        asking = by_picker(front, controller, carrier) if kind == "pool" else by_address(front, addresses, carrier)
        unserved = 500 if carrier == "none" else 404
        check(asking, inventory, names, unserved, 500 if kind == "pool" else 200)
    finally:
        for namespace in NAMESPACES:
            kinds = ",".join((*_KINDS, "endpointslices"))
            server.kubectl.must("delete", kinds, "--all", "-n", namespace, "--wait=false")


def address_of(number: int) -> str:
    """Return an address of pods that no other number has, for numbers below 50,000."""
    high, low = divmod(number, 250)
    return f"10.244.{4 + high}.{1 + low}"


def expected(emitted: Sequence[Mapping[str, Any]]) -> tuple[Counter[str], bool]:
    """Return how many routes of each HTTPRoute Envoy must have, and whether it must have the filter."""
    counts: Counter[str] = Counter()
    for obj in emitted:
        if obj["kind"] == "HTTPRoute":
            matches = sum(len(rule["matches"]) for rule in obj["spec"]["rules"])
            counts[f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"] += matches
    return counts, any(obj["kind"] == "EnvoyExtensionPolicy" for obj in emitted)


def configured(controller: Path) -> tuple[Counter[str], bool]:
    """Return what Envoy has."""
    return Counter(routes(controller)), any("envoyextensionpolicy" in name for name in filters(controller))


def sent(front: Gateway, model: str, owner: str | None, carrier: str) -> tuple[int, str]:
    """Send a request that names a model and maybe an engine; return the status and the body of the answer."""
    if carrier == "none":
        headers = {"x-gateway-model-name": model} | ({"x-owned-by": owner} if owner else {})
        answer = front.ask("GET", "/v1/anything", headers)
    else:
        body = {"owned_by": owner, "prompt": "Hi", "model": model}
        answer = front.ask("POST", "/v1/anything", JSON, json.dumps(body))
    return answer.status, answer.body.decode()


def by_address(front: Gateway, addresses: dict[str, str], carrier: str) -> Any:
    """Return a function that asks, and returns the Service whose address answered."""
    names = {address: name for name, address in addresses.items()}

    def ask(model: str, owner: str | None) -> tuple[int, str | None]:
        status, text = sent(front, model, owner, carrier)
        return status, names.get(text)

    return ask


def by_picker(front: Gateway, controller: Path, carrier: str) -> Any:
    """Return a function that asks, and returns the pool whose picker Envoy tried to ask."""

    def ask(model: str, owner: str | None) -> tuple[int, str | None]:
        before = asked(controller)
        status, _ = sent(front, model, owner, carrier)
        moved = [name for name, times in asked(controller).items() if times != before.get(name, 0)]
        assert len(moved) <= 1, moved
        return status, moved[0] if moved else None

    return ask
