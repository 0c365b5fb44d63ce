"""What `explain` predicts is what the Envoy of istiod does: thousands of requests to routes of every form.

The Services have no pods, so a request that a rule takes gets 503, and counters of Envoy show which backend it chose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from random import Random

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.output.render import render
from llmd_routes.planning.make import make_plan
from tests.bench.cases import LONG, ensure_namespaces
from tests.bench.client import Client
from tests.bench.waiting import until
from tests.envoy.client import call as send
from tests.explained import Obj, Sent, foreign_routes, outcome, predict, requests
from tests.generator.objects import deployment, pool, service, vllm
from tests.generator.options import to_options

from .calls import call
from .cluster import Cluster
from .envoy import ADMIN_PORT
from .gateway import Gateway
from .routing import programs_run, programs_said
from .scene import GATEWAY, POOLS, Scene, open_scene

HOME = "explained"
_NUMBERS = count()  # names are never used twice, so nothing of an earlier example can answer
_REQUESTS = 250


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """A Gateway and its Envoy, and nothing behind."""
    ensure_namespaces(cluster.bench, [{"metadata": {"namespace": HOME}}])
    with open_scene(cluster, "two-engines", HOME, without="qwen2-5") as opened:
        yield opened


@pytest.mark.parametrize("seed", range(200 if LONG else 8))
def test_the_prediction_is_what_envoy_does(scene: Scene, seed: int) -> None:
    random, front = Random(seed), scene.gateway()
    created = made(scene, random, reads_bodies=seed % 2 == 0)
    with Client(scene.cluster.bench) as client:
        for obj in created:
            client.create(obj)
    try:
        wait_for(front, created)
        objects = [scene.get("gateways", GATEWAY), *scene.routes()]
        objects += [obj for obj in created if obj["kind"] != "HTTPRoute"]
        for sent in requests(random, _REQUESTS, front.address):
            explanation = predict(objects, GATEWAY, sent, front.address)
            assert ask(front, sent) == outcome(explanation), (sent, explanation)
    finally:
        scene.kubectl("delete", f"httproutes,envoyfilters,{POOLS}", "--all")


def made(scene: Scene, random: Random, *, reads_bodies: bool) -> list[Obj]:
    """Return routes of every form with their Services, and maybe what llmd-routes generates for the Gateway."""
    number = next(_NUMBERS)
    services = [service(f"to-{number}-{each}", {"app": "none"}, 80, HOME) for each in range(4)]
    gateway = scene.get("gateways", GATEWAY)
    names = [f"route-{number}-{each}" for each in range(random.randint(1, 5))]
    routes = foreign_routes(random, gateway, names, [each["metadata"]["name"] for each in services])
    own = generated(gateway, f"to-{number}") if reads_bodies else []
    random.shuffle(routes)
    return [*services, *own, *routes] if random.random() < 0.5 else [*services, *routes, *own]


def generated(gateway: Obj, name: str) -> list[Obj]:
    """Return the pools of two engines, and what llmd-routes generates for them."""
    engines = {"vllm": ("m1", "m3"), "sglang": ("m1", "org/m2")}
    objects: list[Obj] = []
    pools: list[Obj] = []
    for owner, models in engines.items():
        app = {"app": f"{name}-{owner}"}
        program = vllm("--model", "base", "--served-model-name", *models)
        labels = {**app, "llm-d.ai/owned-by": owner}
        pools.append(pool(f"{name}-{owner}", app, 8000, namespace=HOME, epp=f"{name}-{owner}-epp"))
        pools[-1]["spec"]["endpointPickerRef"]["failureMode"] = "FailOpen"
        pools.append(service(f"{name}-{owner}-epp", {"epp": "none"}, namespace=HOME))
        objects.append(deployment(f"{name}-{owner}", labels, program, namespace=HOME))
    inventory = build_inventory([*objects, *pools, gateway], Scope(assume=True))
    plan = make_plan(inventory, to_options(gateways=(f"{HOME}/{GATEWAY}",), instance=name))
    wanted = ("HTTPRoute", "EnvoyFilter")
    emitted: list[Obj] = [json.loads(json.dumps(each.obj)) for each in render(plan)]
    return [*pools, *(obj for obj in emitted if obj["kind"] in wanted)]


def wait_for(front: Gateway, created: list[Obj]) -> None:
    """Return once Envoy has exactly these routes and filters."""
    names = {f"{HOME}.{obj['metadata']['name']}" for obj in created if obj["kind"] == "HTTPRoute"}
    filters = [obj for obj in created if obj["kind"] == "EnvoyFilter"]
    until(lambda: routes_of(front) == names, lambda: f"Envoy has the routes: {routes_of(front)} are {names}")
    pools = {obj["metadata"]["name"] for obj in created if obj["kind"] == "InferencePool"}
    until(lambda: pools_of(front) == pools, "Envoy has the pools")
    until(lambda: programs_run(front) == programs_said(filters, GATEWAY), "Envoy has the filter")


def routes_of(front: Gateway) -> set[str]:
    """Return the HTTPRoutes that an Envoy has, by NAMESPACE.NAME."""
    dump = json.dumps(front.admin("/config_dump?resource=dynamic_route_configs"))
    return set(re.findall(rf"({HOME}\.[a-z0-9-]+)\.\d+", dump))


def pools_of(front: Gateway) -> set[str]:
    """Return the names of the InferencePools to which routes of an Envoy lead."""
    dump = json.dumps(front.admin("/config_dump?resource=dynamic_route_configs"))
    return set(re.findall(r'"cluster": "outbound\|\d+\|\|([a-z0-9-]+)-ip-[0-9a-f]{8}\.', dump))


def ask(front: Gateway, sent: Sent) -> tuple[int, str | None]:
    """Send a request; return its status and the backend in which Envoy found no pod."""
    before = looked_for(front)
    status = send(80, *sent, front.address)[0]
    moved = [name for name, times in looked_for(front).items() if times != before.get(name, 0)]
    assert len(moved) <= 1, moved
    return status, moved[0] if moved else None


def looked_for(front: Gateway) -> dict[str, int]:
    """Return how often Envoy found no pod in each backend."""
    text = call(front.address, ADMIN_PORT, "GET", "/stats?filter=upstream_cx_none_healthy").body.decode()
    found = re.findall(r"\|\|(to-[a-z0-9-]+?)(?:-ip-[0-9a-f]{8})?\..*upstream_cx_none_healthy: (\d+)", text)
    return {name: int(times) for name, times in found if not name.endswith("-epp")}
