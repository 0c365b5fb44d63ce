"""What `explain` predicts is what the Envoy of Envoy Gateway does: thousands of requests to routes of every form.

Behind each Service is an address of its own, which the answer names.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.output.render import render
from llmd_routes.planning.make import make_plan
from tests.bench.apiserver import free_ports
from tests.bench.bench import Bench
from tests.bench.cases import LONG, ensure_namespaces
from tests.bench.client import Client
from tests.bench.waiting import until
from tests.envoy.client import call
from tests.explained import Obj, Sent, foreign_routes, outcome, predict, requests
from tests.generator.emitted import ENGINES
from tests.generator.objects import deployment, service, vllm
from tests.generator.options import to_options

from .admin import filters, routes
from .controller import envoy_gateway
from .echo import PORT, echo_server
from .scene import apply, gateway, slice_of

HOME = "explained"
_KINDS = "httproutes,envoyextensionpolicies,clienttrafficpolicies,services,endpointslices"
_NUMBERS = count()  # names are never used twice, so nothing of an earlier example can answer
_REQUESTS = 250


@pytest.fixture(scope="module")
def folder(server: Bench, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of an Envoy Gateway."""
    folder = tmp_path_factory.mktemp("explained")
    with echo_server(), envoy_gateway(program, server, folder):
        yield folder
        server.kubectl.must("delete", "gateways", "--all", "--all-namespaces")


@pytest.fixture(scope="module")
def place(server: Bench, folder: Path) -> Obj:
    """The manifest of a Gateway that takes routes of all namespaces."""
    ensure_namespaces(server, [{"metadata": {"namespace": HOME}}])
    (port,) = free_ports(1, "0.0.0.0")
    manifest = gateway(HOME, port)
    apply(server.kubectl, [manifest])
    return manifest


@pytest.mark.parametrize("seed", range(200 if LONG else 8))
def test_the_prediction_is_what_envoy_does(server: Bench, folder: Path, place: Obj, seed: int) -> None:
    random, addresses = Random(seed), dict[str, str]()
    created = made(place, random, addresses, reads_bodies=seed % 2 == 0)
    with Client(server) as client:
        for obj in created:
            if obj["kind"] != "Deployment":
                client.create(obj)
    try:
        until(lambda: configured(folder) == expected(created), "Envoy has the routes and the filter")
        listed = json.loads(server.kubectl.must("get", "httproutes", "-n", HOME, "-o", "json"))["items"]
        objects = [place, *listed, *(obj for obj in created if obj["kind"] != "HTTPRoute")]
        port = place["spec"]["listeners"][0]["port"]
        for sent in requests(random, _REQUESTS, "127.0.0.1"):
            explanation = predict(objects, "gateway", sent, "127.0.0.1", port)
            assert ask(port, sent, addresses) == outcome(explanation, 200), (sent, explanation)
    finally:
        server.kubectl.must("delete", _KINDS, "--all", "-n", HOME)


def made(gateway: Obj, random: Random, addresses: dict[str, str], *, reads_bodies: bool) -> list[Obj]:
    """Return routes of every form with their Services, and maybe what llmd-routes generates for the Gateway.

    `addresses` gets the name of the Service behind each address.
    """
    number = next(_NUMBERS)
    names = [f"to-{number}-{each}" for each in range(4)]
    routes = foreign_routes(random, gateway, [f"route-{number}-{each}" for each in range(random.randint(1, 5))], names)
    services = [service(name, {"app": "none"}, 80, HOME) for name in names]
    own = generated(gateway, f"own-{number}") if reads_bodies else []
    services += [obj for obj in own if obj["kind"] == "Service"]
    slices = []
    for place, front in enumerate(services, start=1):
        name = front["metadata"]["name"]
        one = slice_of(HOME, name, front["spec"]["ports"][0]["name"], PORT)
        one["endpoints"][0]["addresses"] = [f"10.244.5.{place}"]
        addresses[f"10.244.5.{place}"] = name
        slices.append(one)
    rest = [obj for obj in own if obj["kind"] != "Service"]
    return [*services, *slices, *rest, *routes] if random.random() < 0.5 else [*services, *slices, *routes, *rest]


def generated(gateway: Obj, name: str) -> list[Obj]:
    """Return two engines behind Services, and what llmd-routes generates for them."""
    objects: list[Obj] = []
    for owner, models in ENGINES.items():
        app = {"app": f"{name}-{owner}"}
        program = vllm("--model", "base", "--served-model-name", *models)
        objects.append(deployment(f"{name}-{owner}", {**app, "llm-d.ai/owned-by": owner}, program, namespace=HOME))
        objects.append(service(f"{name}-{owner}", app, 8000, HOME))
    inventory = build_inventory([*objects, gateway], Scope(assume=True))
    plan = make_plan(inventory, to_options(gateways=(f"{HOME}/gateway",), instance=name, backend="service"))
    return [*objects, *(json.loads(json.dumps(each.obj)) for each in render(plan))]


def expected(created: list[Obj]) -> tuple[Counter[str], bool]:
    """Return how many routes of each HTTPRoute Envoy must have, and whether it must have the filter."""
    counts: Counter[str] = Counter()
    for obj in created:
        if obj["kind"] == "HTTPRoute":
            matches = sum(len(rule["matches"]) for rule in obj["spec"]["rules"])
            counts[f"{HOME}/{obj['metadata']['name']}"] += matches * len(obj["spec"].get("hostnames", ("*",)))
    return counts, any(obj["kind"] == "EnvoyExtensionPolicy" for obj in created)


def configured(folder: Path) -> tuple[Counter[str], bool]:
    """Return what Envoy has."""
    return Counter(routes(folder)), any("envoyextensionpolicy" in name for name in filters(folder))


def ask(port: int, sent: Sent, addresses: dict[str, str]) -> tuple[int, str | None]:
    """Send a request; return its status and the Service whose address answered."""
    status, _, body = call(port, *sent)
    return status, addresses.get(body.decode())
