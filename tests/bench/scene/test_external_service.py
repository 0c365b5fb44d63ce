"""The service that reads bodies, while a part of it is away; and the guide's calls with it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.bench.cases import llmd_routes
from tests.bench.waiting import until

from .calls import read
from .cluster import Cluster
from .echo import ECHO
from .gateway import ASK, CHAT, JSON, MODEL, Gateway
from .guide import OWNERS, check, each_block
from .routing import addresses
from .scene import GATEWAY, Scene, open_scene
from .test_models import IMAGE, REPLICAS
from .test_models_faults import SERVER, asking, restarted

Obj = dict[str, Any]
# What lets `generate` choose each way of asking the service: long bodies, or the request for a service.
PROTOCOLS = {
    "ext-proc": ("--buffer-limit", "20Mi", "--held-limit", "20Mi"),
    "ext-authz": ("--body-to-header", "external", "--held-limit", "20Mi"),
}
TOKEN = "sesame"
OTHERS = f"""{ECHO}---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: other}}
spec:
  parentRefs: [{{name: {GATEWAY}}}]
  rules: [{{matches: [{{path: {{type: PathPrefix, value: /other}}}}], backendRefs: [{{name: echo, port: 8080}}]}}]
"""
OPTIONS = ("--image", IMAGE, "--admin-token-secret", "operators")
LONG: Any = {"messages": [{"role": "user", "content": "word " * 400_000}]}


@pytest.fixture(scope="module", params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    """How Envoy asks the service."""
    return str(request.param)


@pytest.fixture(scope="module")
def scene(cluster: Cluster, protocol: str) -> Iterator[Scene]:
    """The guide's cluster with its routes."""
    with open_scene(cluster, "two-engines", f"service-{protocol}") as opened:
        opened.kubectl("create", "secret", "generic", "operators", f"--from-literal=token={TOKEN}")
        opened.apply(opened.generate(*OPTIONS, *PROTOCOLS[protocol]))
        opened.apply(OTHERS, "-n", opened.namespace)
        opened.settle()
        yield opened


@pytest.fixture
def gateway(scene: Scene) -> Iterator[Gateway]:
    """Its gateway, at which every test finds and leaves all pods of the service."""
    found = scene.gateway()
    until(lambda: len(known(scene, found)) == REPLICAS, "Envoy knows both pods")
    until(lambda: found.chat({}, owned_by="vllm").engine == "vllm", "engines answer")
    until(lambda: all(map(has_asked, scene.pods(SERVER))), "each pod of the models server has asked the engines")
    yield found
    scene.settle()


def known(scene: Scene, gateway: Gateway) -> set[str]:
    """Return the addresses of the service that Envoy has."""
    return addresses(gateway).get(f"{scene.namespace}/{deployment(scene)}", set())


def has_asked(pod: dict[str, Any]) -> bool:
    """Return whether a pod of the models server lists what both engines say of themselves."""
    answer = Gateway(pod["status"]["podIP"], 8000).ask("GET", "/v1/models")
    entries = json.loads(answer.body)["data"] if answer.status == 200 else []
    return len(entries) == len(OWNERS) and all(entry["created"] for entry in entries)


def deployment(scene: Scene) -> str:
    """Return the Deployment of the service, which has the same name."""
    names = [str(one["metadata"]["name"]) for one in scene.get("deployments")["items"]]
    (name,) = (name for name in names if name.startswith(tuple(f"{each}-" for each in PROTOCOLS)))
    return name


def readers(scene: Scene) -> list[Obj]:
    """Return the pods of the service."""
    return scene.pods(deployment(scene))


def other(gateway: Gateway) -> int:
    """Return how a path of somebody else is answered."""
    return gateway.ask("POST", "/other", JSON, json.dumps({"model": "x"})).status


def begun(connection: HTTPConnection, size: int, sent: int) -> None:
    """Send the head of a request and the beginning of its body."""
    connection.putrequest("POST", CHAT)
    connection.putheader("content-type", "application/json")
    connection.putheader("content-length", str(size))
    connection.endheaders()
    connection.send(b" " * sent)


@each_block
def test_the_guide(gateway: Gateway, tmp_path: Path, block: str) -> None:
    check(block, gateway, tmp_path, TOKEN)


def test_one_of_two_is_killed(scene: Scene, gateway: Gateway) -> None:
    """Envoy asks the other one, also about a body that is too long to be told twice."""

    def ask() -> int:
        try:
            return gateway.chat({}, owned_by="sglang", **LONG).status
        except ConnectionError:  # answered 503 before all was sent
            return 503

    with asking(lambda: gateway.chat({}, owned_by="vllm").status) as short, asking(ask) as long:
        for pod in readers(scene):
            scene.kill(pod)
            until(partial(restarted, scene, pod), "it is back")
            until(lambda: len(known(scene, gateway)) == REPLICAS, "Envoy knows that it is back")
            time.sleep(5)
    # What a killed pod had at that moment is told to come again, and so is the first long body after it.
    assert set(short) <= {200, 503} and set(long) <= {200, 503}
    # If Envoy went on asking a pod that is gone, about a tenth of the requests would fail.
    print(f"short bodies: {dict(short)}, long bodies: {dict(long)}")
    assert short[503] <= max(2 * REPLICAS, short[200] // 25) and long[503] <= 4 * REPLICAS


def test_a_rollout_is_not_noticed(scene: Scene, gateway: Gateway) -> None:
    with asking(lambda: gateway.chat({}, owned_by="vllm").status) as answers:
        scene.kubectl("rollout", "restart", "deployment", deployment(scene))
        scene.settle()
        time.sleep(1)
    assert set(answers) == {200}


def test_killed_in_the_middle_of_a_body(scene: Scene, gateway: Gateway, protocol: str) -> None:
    """Over ext-proc the body is lost, and the client gets 503. Over HTTP, Envoy holds the body itself."""
    with gateway.connection() as one, gateway.connection() as two:
        for connection in (one, two):
            begun(connection, 1_000_000, 500_000)
        time.sleep(1)
        pods = readers(scene)
        for pod in pods:
            scene.kill(pod)
        if protocol == "ext-authz":
            for pod in pods:
                until(partial(restarted, scene, pod), "it is back")
            until(lambda: len(known(scene, gateway)) == REPLICAS, "Envoy knows that both are back")
            until(lambda: gateway.chat({}, owned_by="vllm").status == 200, "requests are answered again")
            for connection in (one, two):
                connection.send(ASK.encode().rjust(500_000))
        expected = 200 if protocol == "ext-authz" else 503
        assert [read(connection.getresponse()).status for connection in (one, two)] == [expected] * 2
    until(lambda: gateway.chat({}, owned_by="vllm").status == 200, "requests are answered again")


def test_none_runs(scene: Scene, gateway: Gateway) -> None:
    """Requests to engines are answered 503; all else on the Gateway, and the list of models, go on."""
    scene.scale(deployment(scene), 0)
    until(lambda: not known(scene, gateway), "Envoy knows that no pod is left")
    assert gateway.chat({}, owned_by="vllm").status == 503
    assert gateway.chat({"x-gateway-model-name": MODEL, "x-owned-by": "vllm"}).status == 503
    assert (other(gateway), gateway.ask("GET", "/v1/models").status) == (200, 200)
    scene.scale(deployment(scene), REPLICAS)


def test_one_that_does_not_answer(scene: Scene, gateway: Gateway) -> None:
    """Requests that it has wait for it; once it is not ready the other one gets all."""
    (stopped, _) = (int(scene._file(pod, "pid").read_text()) for pod in readers(scene))
    os.kill(stopped, signal.SIGSTOP)
    try:
        until(lambda: len(known(scene, gateway)) == REPLICAS - 1, "it is not ready")
        assert [gateway.chat({}, owned_by="vllm").status for _ in range(10)] == [200] * 10
        assert other(gateway) == 200
    finally:
        os.kill(stopped, signal.SIGCONT)


# Bodies over HTTP come in one piece; `tests/envoy/test_ext_authz.py` has a service that is busy.
@pytest.mark.parametrize("protocol", ["ext-proc"], indirect=True, scope="module")
def test_more_than_it_holds(scene: Scene, gateway: Gateway) -> None:
    """20 MiB in a pod: what comes on top is told to come again, and others are served."""
    scene.scale(deployment(scene), 1)
    until(lambda: len(known(scene, gateway)) == 1, "Envoy knows one pod")
    rest = ASK.encode()
    with gateway.connection() as one:
        begun(one, 19_000_000 + len(rest), 19_000_000)
        time.sleep(2)
        busy = gateway.chat({}, owned_by="sglang", **LONG)
        assert (busy.status, busy.headers["retry-after"], busy.said["error"]["code"]) == (503, "1", "busy")
        assert gateway.chat({}, owned_by="vllm").status == 200
        one.send(rest)
        assert read(one.getresponse()).engine == "vllm"
    assert gateway.chat({}, owned_by="sglang", **LONG).engine == "sglang"
    scene.scale(deployment(scene), REPLICAS)


def test_many_at_once(scene: Scene, gateway: Gateway) -> None:
    """A hundred bodies of 100 kB, of which some clients go away."""
    fields: Any = {"messages": [{"role": "user", "content": "word " * 20_000}]}

    def ask(number: int) -> str | None:
        if number % 10 == 0:
            with gateway.connection() as connection:
                begun(connection, 1_000_000, number * 1000)
            return "gone"
        return gateway.chat({}, owned_by=("vllm", "sglang")[number % 2], **fields).engine

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(ask, range(100)))
    assert answers == ["gone" if n % 10 == 0 else ("vllm", "sglang")[n % 2] for n in range(100)]


def test_doctor_names_the_service_that_is_away(scene: Scene, gateway: Gateway, protocol: str) -> None:
    """Its fix is to apply the output again, which has the replicas."""
    named = f"{scene.namespace}/{GATEWAY}"

    def findings() -> list[Obj]:
        words = ("doctor", "-n", scene.namespace, "--gateway", named, "-o", "json")
        found: list[Obj] = json.loads(llmd_routes(*words, bench=scene.cluster.bench).stdout)["findings"]
        return found

    assert findings() == []
    scene.kubectl("scale", "deployment", deployment(scene), "--replicas=0")
    until(lambda: not known(scene, gateway), "Envoy knows no pod of the service")
    assert gateway.chat({}, owned_by="vllm").status >= 400
    first = findings()[0]
    place = f"Deployment {scene.namespace}/{deployment(scene)}"
    assert (first["severity"], first["cause"], first["object"]) == ("error", "component", place)
    assert first["fix"] == "apply the output of llmd-routes generate again"
    scene.apply(scene.generate(*OPTIONS, *PROTOCOLS[protocol]))
    until(lambda: len(known(scene, gateway)) == REPLICAS, "Envoy knows both pods")
    until(lambda: findings() == [], "doctor finds nothing")
    assert gateway.chat({}, owned_by="vllm").status == 200
