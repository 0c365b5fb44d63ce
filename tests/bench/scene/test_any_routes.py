"""Whatever is served, and however old the routes are, a real gateway chooses the pool that a request names.

So does an Envoy of llmd-routes without a Gateway, which gets the same requests. The pools have no pods, so every
request gets 503, and counters of Envoy show which pool was chosen.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.output.render import render
from llmd_routes.planning.make import make_plan
from tests.bench.cases import LONG, ensure_namespaces, gateway
from tests.bench.client import Client
from tests.bench.test_any_inventory import MODELS
from tests.bench.waiting import until
from tests.envoy.front_door import Door, door
from tests.generator.objects import Obj, container, deployment, pool, service, vllm
from tests.generator.options import to_options

from .calls import call
from .cluster import Cluster
from .envoy import ADMIN_PORT
from .gateway import JSON, Gateway
from .routing import done, programs_run, programs_said, said
from .scene import GATEWAY, POOLS, Scene, open_scene

HOME = "any-routes"
NAMESPACES = (HOME, "any-routes-b", "any-routes-c")
PREFERRED = ("vllm", "sglang")
_NUMBERS = count()  # names are never used twice, so nothing of an earlier example can answer


@dataclass(frozen=True)
class Served:
    """A service: `owner` is the key that requests name it by."""

    namespace: str
    engine: str
    owner: str
    models: tuple[str, ...]


@st.composite
def inventories(draw: st.DrawFn) -> list[Served]:
    """Services that share models, no two with the same model and owner."""
    models = draw(st.lists(MODELS, min_size=1, max_size=3, unique=True))
    found: list[Served] = []
    for _ in range(draw(st.integers(1, 6))):
        engine = draw(st.sampled_from(PREFERRED))
        owner = draw(st.sampled_from([engine, "team-a", "team-b"]))
        chosen = draw(st.lists(st.sampled_from(models), min_size=1, unique=True))
        taken = {(model, one.owner) for one in found for model in one.models}
        if left := tuple(model for model in chosen if (model, owner) not in taken):
            # SGLang has one name for its model.
            served = left if engine == "vllm" else left[:1]
            found.append(Served(draw(st.sampled_from(NAMESPACES)), engine, owner, served))
    return found


def written(one: Served, name: str) -> list[Obj]:
    """Return a service, its pool, and the Service of an endpoint picker that never answers."""
    program = vllm("--model", "base", "--served-model-name", *one.models)
    if one.engine == "sglang":
        words = ["--model-path", "base", "--served-model-name", one.models[0]]
        program = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], words)
    labels = {"app": name, "llm-d.ai/owned-by": one.owner}
    port = 8000 if one.engine == "vllm" else 30000
    own = pool(name, {"app": name}, port, namespace=one.namespace, epp=f"{name}-epp")
    own["spec"]["endpointPickerRef"]["failureMode"] = "FailOpen"
    return [
        deployment(name, labels, program, namespace=one.namespace),
        own,
        service(f"{name}-epp", {"epp": name}, namespace=one.namespace),
    ]


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """A Gateway and its Envoy, and nothing behind."""
    ensure_namespaces(cluster.bench, [{"metadata": {"namespace": name}} for name in NAMESPACES])
    with open_scene(cluster, "two-engines", HOME, without="qwen2-5") as opened:
        yield opened


@settings(
    max_examples=60 if LONG else 5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(inventory=inventories(), order=st.randoms(use_true_random=False), carrier=st.sampled_from(["none", "auto"]))
def test_the_pool_that_a_request_names_is_chosen(
    scene: Scene, inventory: list[Served], order: Any, carrier: Literal["none", "auto"]
) -> None:
    names = {one: f"any-{next(_NUMBERS)}" for one in inventory}
    objects = [obj for one, name in names.items() for obj in written(one, name)]
    options = to_options(gateways=(f"{HOME}/{GATEWAY}",), instance=f"any-{next(_NUMBERS)}", body_to_header=carrier)
    plan = make_plan(build_inventory([*objects, gateway(HOME, GATEWAY)], Scope(assume=True)), options)
    made: list[Obj] = [json.loads(json.dumps(m.obj)) for m in render(plan)]
    routes, filters = ([obj for obj in made if obj["kind"] == kind] for kind in ("HTTPRoute", "EnvoyFilter"))
    order.shuffle(routes)
    pools = [f"{one.namespace}/{name}" for one, name in names.items()]
    with Client(scene.cluster.bench) as client:
        for obj in objects:
            if obj["kind"] != "Deployment":
                client.create(obj)
        for one in filters:
            client.create(one)
        for route in routes:
            client.create(route)
            wait_for_another_second()
    front = scene.gateway()
    until(lambda: {one.routed for one in done(front)} == said(routes, pools), "Envoy has the routes")
    until(lambda: programs_run(front) == programs_said(filters, GATEWAY), "Envoy has the filter")
    # The gateway's filter answers in place of the guard.
    unserved = 500 if carrier == "none" else 404
    try:
        check(lambda model, owner: chosen(front, model, owner, carrier), inventory, names, unserved)
    finally:
        for namespace in NAMESPACES:
            scene.cluster.bench.kubectl.must("delete", f"httproutes,envoyfilters,{POOLS}", "--all", "-n", namespace)

    check_envoy(objects, inventory, names, carrier)


def check_envoy(
    objects: list[Obj], inventory: list[Served], names: dict[Served, str], carrier: Literal["none", "auto"]
) -> None:
    """Send the same requests to an Envoy without a Gateway; no endpoint picker answers it."""
    options = to_options(implementation="envoy", gateways=(f"{HOME}/door",), body_to_header=carrier)
    emitted = render(make_plan(build_inventory(objects, Scope(assume=True)), options))
    (files,) = (manifest.obj["data"] for manifest in emitted if manifest.obj["kind"] == "ConfigMap")
    with TemporaryDirectory() as folder, door(Path(folder), 1, files) as running:
        address = Gateway("127.0.0.1", running.port)

        def ask(model: str, owner: str | None) -> tuple[int, str | None]:
            before = asked(running)
            status = send(address, model, owner, carrier)
            moved = [name for name, times in asked(running).items() if times != before.get(name, 0)]
            assert len(moved) <= 1, moved
            return status, moved[0] if moved else None

        check(ask, inventory, names, 404)


def asked(running: Door) -> dict[str, int]:
    """Return how often Envoy tried to reach the endpoint picker of each pool."""
    text = running.ask(running.places.admin_port, "/stats?filter=upstream_cx_total")[1]
    return {name: int(times) for name, times in re.findall(r"picker/[^/]+/(any-\d+)-epp/.*: (\d+)", text)}


def wait_for_another_second() -> None:
    """The age of a route has a resolution of one second."""
    start = int(time.time())
    until(lambda: int(time.time()) > start, "a second has passed")


Ask = Callable[[str, str | None], tuple[int, str | None]]


def check(ask: Ask, inventory: list[Served], names: dict[Served, str], unserved: int, served: int = 503) -> None:
    """Ask for every model, from every owner, from an unknown one and from none.

    `ask` returns the status and the pool that was chosen; `unserved` is the status of requests without a pool, `served`
    of all others.
    """
    pairs = {(model, one.owner): names[one] for one in inventory for model in one.models}
    owners = {owner for _, owner in pairs}
    for model in {model for model, _ in pairs}:
        for owner in (*sorted(owners), "nope", None):
            wanted = pairs.get((model, owner or default(model, pairs)))
            assert ask(model, owner) == (served if wanted else unserved, wanted), (model, owner)
    assert ask("no-such-model", "vllm") == (unserved, None)
    assert ask("no-such-model", None) == (404, None)


def default(model: str, pairs: dict[tuple[str, str], str]) -> str:
    """Return the owner that answers when none is named: vllm, else sglang, else the first by name."""
    owners = sorted(owner for served, owner in pairs if served == model)
    return next((owner for owner in PREFERRED if owner in owners), owners[0])


def chosen(front: Gateway, model: str, owner: str | None, carrier: str) -> tuple[int, str | None]:
    """Send a request; return the status, and the pool in which Envoy then looked for a pod."""
    before = looked_for(front)
    status = send(front, model, owner, carrier)
    after = looked_for(front)
    moved = [name for name, times in after.items() if times != before.get(name, 0)]
    assert len(moved) <= 1, moved
    return status, moved[0] if moved else None


def send(front: Gateway, model: str, owner: str | None, carrier: str) -> int:
    """Send a request that names a model and maybe an engine, in headers or in its body; return the status."""
    if carrier == "none":
        headers = {"x-gateway-model-name": model} | ({"x-owned-by": owner} if owner else {})
        return front.ask("GET", "/v1/anything", headers).status
    body = {"owned_by": owner, "prompt": "Hi", "model": model}
    return front.ask("POST", "/v1/anything", JSON, json.dumps(body)).status


def looked_for(front: Gateway) -> dict[str, int]:
    """Return how often Envoy found no pod in each pool."""
    text = call(front.address, ADMIN_PORT, "GET", "/stats?filter=upstream_cx_none_healthy").body.decode()
    found = re.findall(r"\|\|(any-\d+)-ip-[0-9a-f]{8}\..*upstream_cx_none_healthy: (\d+)", text)
    return {name: int(times) for name, times in found}
