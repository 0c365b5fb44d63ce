"""The server for models while something is away: the list answers, and says what is not available."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests.bench.waiting import until

from .cluster import Cluster
from .gateway import MODEL, Gateway
from .routing import addresses
from .scene import Scene, is_ready, open_scene
from .test_models import IMAGE, REPLICAS

Obj = dict[str, Any]
VLLM, SGLANG = (f"ms-{engine}-qwen2-5-0-5b-llm-d-modelservice-decode" for engine in ("vllm", "sglang"))
SERVER = "models-"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster with its routes, and the server for models."""
    with open_scene(cluster, "two-engines", "models-faults") as opened:
        opened.apply(opened.generate("--image", IMAGE))
        opened.settle()
        yield opened


@pytest.fixture
def gateway(scene: Scene) -> Iterator[Gateway]:
    """Its gateway, at which every test finds and leaves both engines available."""
    found = scene.gateway()
    until(lambda: available(scene) == [(True, True)] * REPLICAS, "both engines are available")
    yield found
    scene.settle()


def available(scene: Scene) -> list[tuple[bool | None, bool | None]]:
    """Return what each pod of the server says of SGLang and vLLM; None while it does not know."""
    found = []
    for pod in scene.pods(SERVER):
        listed = Gateway(pod["status"]["podIP"], 8000).ask("GET", "/v1/models").said["data"]
        found.append((listed[0].get("available"), listed[1].get("available")))
    return found


def server(scene: Scene) -> str:
    """Return the Service of the server."""
    (name,) = (each["metadata"]["name"] for each in scene.get("services")["items"] if is_server(each))
    return f"{scene.namespace}/{name}"


def is_server(obj: Obj) -> bool:
    return str(obj["metadata"]["name"]).startswith(SERVER)


def restarted(scene: Scene, pod: Obj) -> bool:
    """Return whether a pod is ready again after its program was started once more."""
    now = scene.get("pods", pod["metadata"]["name"])
    count = now["status"]["containerStatuses"][0]["restartCount"]
    return is_ready(now) and count > pod["status"]["containerStatuses"][0]["restartCount"]


@contextmanager
def asking(ask: Callable[[], Any]) -> Iterator[Counter[Any]]:
    """Ask again and again until the block ends, and count the answers."""
    answers: Counter[Any] = Counter()
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            answers.update([ask()])

    asked = threading.Thread(target=run)
    asked.start()
    try:
        yield answers
    finally:
        stop.set()
        asked.join()


def test_all_pods_of_an_engine_are_gone(scene: Scene, gateway: Gateway) -> None:
    scene.scale(VLLM, 0)
    until(lambda: available(scene) == [(True, False)] * REPLICAS, "vLLM is told to be away")
    listed = gateway.ask("GET", "/v1/models").said["data"]
    assert [(one["id"], one["root"], one["available"]) for one in listed] == [
        (MODEL, MODEL, True),
        (MODEL, MODEL, False),
    ]
    assert gateway.chat({}, owned_by="vllm").status == 503
    assert gateway.chat({}, owned_by="sglang").engine == "sglang"
    scene.scale(VLLM, 1)


def test_a_pod_that_is_not_ready(scene: Scene, gateway: Gateway) -> None:
    """Its status says so, whatever the engine answers."""
    (pod,) = scene.pods(VLLM)

    def set_ready(said: str) -> None:
        patch = json.dumps({"status": {"conditions": [{"type": "Ready", "status": said}]}})
        scene.kubectl("patch", "pod", pod["metadata"]["name"], "--subresource=status", f"--patch={patch}")

    set_ready("False")
    until(lambda: available(scene) == [(True, False)] * REPLICAS, "vLLM is told to be away")
    set_ready("True")


def test_one_of_two_servers_is_killed(scene: Scene, gateway: Gateway) -> None:
    """Envoy asks the other one, unless an answer has begun already; requests to engines never notice."""

    def ask() -> int | str:
        try:
            return gateway.ask("GET", "/v1/models").status
        except ConnectionError:
            return "cut short"

    with (
        asking(ask) as lists,
        asking(lambda: gateway.chat({}, owned_by="vllm").engine) as chats,
    ):
        for pod in scene.pods(SERVER):
            scene.kill(pod)
            until(partial(restarted, scene, pod), "the server is back")
            until(lambda: available(scene) == [(True, True)] * REPLICAS, "it knows what there is")
            until(lambda: len(addresses(gateway)[server(scene)]) == REPLICAS, "Envoy knows that it is back")
    assert (set(lists) - {"cut short"}, set(chats)) == ({200}, {"vllm"})
    # One list is asked for at a time, so each kill meets one at most.
    assert lists["cut short"] <= REPLICAS


def test_no_server_runs(scene: Scene, gateway: Gateway) -> None:
    (name,) = (one["metadata"]["name"] for one in scene.get("deployments")["items"] if is_server(one))
    scene.scale(name, 0)
    until(lambda: gateway.ask("GET", "/v1/models").status == 503, "nobody answers the list")
    assert gateway.chat({}, owned_by="vllm").engine == "vllm"
    assert gateway.chat({}, owned_by="tgi").status == 503
    scene.scale(name, REPLICAS)


def test_the_api_server_does_not_answer(scene: Scene, gateway: Gateway) -> None:
    """What is known goes on, and engines are asked still: one that dies is told, though no pod changes."""
    (pod,) = scene.pods(VLLM)
    servers = [Gateway(one["status"]["podIP"], 8000) for one in scene.pods(SERVER)]

    def told() -> list[tuple[int, bool]]:
        answers = [server.ask("GET", "/v1/models") for server in servers]
        return [(one.status, one.said["data"][1]["available"]) for one in answers]

    with scene.cluster.bench.away(), asking(lambda: gateway.ask("GET", "/v1/models").status) as lists:
        assert told() == [(200, True)] * REPLICAS
        scene.kill(pod)
        until(lambda: told() == [(200, False)] * REPLICAS, "an engine that died is told")
        assert gateway.chat({}, owned_by="sglang").engine == "sglang"
    assert set(lists) == {200}


def test_an_engine_that_wants_a_key(scene: Scene, gateway: Gateway) -> None:
    """It is as available as its pod is ready; with the key of a Secret it tells more."""
    command = scene.get("deployments", VLLM)["spec"]["template"]["spec"]["containers"][0]["command"]
    patch = [{"op": "add", "path": "/spec/template/spec/containers/0/command", "value": [*command, "--api-key=sk-1"]}]
    scene.kubectl("patch", "deployment", VLLM, "--type=json", f"--patch={json.dumps(patch)}")
    until(lambda: gateway.chat({}, owned_by="vllm").status == 401, "the engine wants a key")
    for pod in scene.pods(SERVER):  # what the engine told before is remembered
        scene.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=false")
    scene.settle()

    def told() -> list[tuple[bool | None, bool]]:
        ready = [pod["status"]["podIP"] for pod in scene.pods(SERVER) if is_ready(pod)]
        listed = [Gateway(address, 8000).ask("GET", "/v1/models") for address in ready]
        return [(one.said["data"][1].get("available"), "root" in one.said["data"][1]) for one in listed]

    until(lambda: told() == [(True, False)] * REPLICAS, "it is available, and tells nothing")
    scene.kubectl("create", "secret", "generic", "keys", "--from-literal=vllm=sk-1")
    scene.apply(scene.generate("--image", IMAGE, "--engine-key-secret", "vllm=keys:vllm", "--engine-key-plain"))
    until(lambda: told() == [(True, True)] * REPLICAS, "it tells what it serves")
    assert gateway.chat({"authorization": "Bearer sk-1"}, owned_by="vllm").engine == "vllm"
