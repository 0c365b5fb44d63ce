"""Operators change routes by calls of the models server; an emitted controller makes the gateway follow.

Everything is real but the kubelet: the API server with its RBAC, istiod, Envoy, the pickers, and our two programs as
pods with accounts of their own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.waiting import until

from .calls import Answer
from .cluster import Cluster
from .controlled import asking
from .gateway import JSON, MODEL, Gateway
from .guide import check, each_block, models
from .scene import Scene, open_scene
from .test_models import IMAGE, TOKEN, wait_until_listed

Obj = dict[str, Any]
HOME = "operators"
BEARER = {"authorization": f"Bearer {TOKEN}"}
ROUTING = "/admin/api/routing"
POOLS = {owner: f"gaie-{owner}-qwen2-5-0-5b" for owner in ("vllm", "sglang")}
OPTIONS = ("--controller", IMAGE, "--image", IMAGE, "--admin-token-secret", "operators")
# Seconds in which routes follow a call, and how often each call is made.
MOST, TIMES = 5.0, 3


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster, whose routes and models server an emitted controller has made."""
    with open_scene(cluster, "two-engines", HOME) as opened:
        opened.kubectl("create", "secret", "generic", "operators", f"--from-literal=token={TOKEN}")
        opened.apply(opened.generate(*OPTIONS))
        until(lambda: opened.pods("models-"), "the controller has made the models server")
        opened.settle()
        wait_until_listed(opened, models(asked=True))
        yield opened
        opened.cluster.bench.kubectl.must("delete", "clusterrole,clusterrolebinding", "-l", "llmd-routes/instance")


@pytest.fixture(scope="module")
def gateway(scene: Scene) -> Gateway:
    return scene.gateway()


def listed(gateway: Gateway) -> list[Obj]:
    """Return the routes that operators are shown, none before the server answers."""
    answer = gateway.ask("GET", ROUTING, BEARER)
    return list(answer.said) if answer.status == 200 else []


def add(gateway: Gateway, **fields: str) -> Answer:
    return gateway.ask("POST", ROUTING, {**BEARER, **JSON}, json.dumps(fields))


def remove(gateway: Gateway, query: str) -> Answer:
    return gateway.ask("DELETE", f"{ROUTING}?{query}", BEARER)


def followed(call: Callable[[], Answer], condition: Callable[[], bool], what: str) -> float:
    """Make a call and return the seconds until the gateway follows it."""
    begun = time.monotonic()
    answer = call()
    assert answer.status == 200, answer
    until(condition, what)
    return time.monotonic() - begun


@each_block
def test_the_calls_of_the_guide(gateway: Gateway, block: str, tmp_path: Path) -> None:
    """As they stand in the guide, with a token for operators."""
    check(block, gateway, tmp_path, token=TOKEN)


def test_an_engine_is_removed_and_added(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    """The other engine answers all the time, and the gateway follows within seconds."""
    took: dict[str, list[float]] = {"removed": [], "added": []}
    route = {"model": MODEL, "owned_by": "sglang", "service_name": POOLS["sglang"]}

    def is_served() -> bool:
        answer = gateway.chat({}, owned_by="sglang")
        return (answer.status, answer.engine) == (200, "sglang")

    with asking(gateway, "vllm") as client:
        for _ in range(TIMES):
            took["removed"].append(
                followed(
                    lambda: remove(gateway, f"model={MODEL}&owned_by=sglang"), lambda: not is_served(), "it is removed"
                )
            )
            assert [each["owned_by"] for each in listed(gateway)] == ["vllm"]
            assert remove(gateway, f"model={MODEL}&owned_by=sglang").status == 404
            took["added"].append(followed(lambda: add(gateway, **route), is_served, "it is added"))
            assert add(gateway, **route).status == 400
    assert client.failed == []
    assert client.asked > 50
    assert max(max(times) for times in took.values()) < MOST, took
    with capsys.disabled():
        for what, times in took.items():
            print(f"\nroute {what}: the gateway follows within {max(times):.1f} s", end="")


def test_a_name_that_no_manifest_contains(gateway: Gateway) -> None:
    """Such as an adapter that was loaded at run time: the engine gets the request, and answers what it serves."""
    assert gateway.chat({}, model="adapter", owned_by="vllm").engine is None
    assert add(gateway, model="adapter", owned_by="vllm", service_name=POOLS["vllm"]).status == 200
    until(lambda: gateway.chat({}, model="adapter", owned_by="vllm").engine == "vllm", "the name has a route")
    assert gateway.chat({}, model="adapter").engine == "vllm"
    assert remove(gateway, "model=adapter&owned_by=vllm").status == 200
    until(lambda: gateway.chat({}, model="adapter", owned_by="vllm").engine is None, "the name has no route")


def test_the_engine_for_requests_that_name_none(gateway: Gateway) -> None:
    assert gateway.chat({}).engine == "vllm"
    assert add(gateway, model=MODEL, service_name=POOLS["sglang"]).said["owned_by"] is None
    until(lambda: gateway.chat({}).engine == "sglang", "the engine that was chosen answers")
    assert remove(gateway, f"model={MODEL}").status == 200
    assert add(gateway, model=MODEL, service_name=POOLS["vllm"]).status == 200
    until(lambda: gateway.chat({}).engine == "vllm", "the other engine answers")


def test_another_run_of_generate_keeps_what_operators_requested(scene: Scene, gateway: Gateway) -> None:
    assert remove(gateway, f"model={MODEL}&owned_by=sglang").status == 200
    until(lambda: gateway.chat({}, owned_by="sglang").status != 200, "it is removed")
    scene.apply(scene.generate(*OPTIONS, "--layout", "per-service"))
    until(lambda: "per-service" in settings(scene)["llmd-routes.yaml"], "the new options are stored")
    assert "removeModels" in settings(scene, "admin.yaml")["admin.yaml"]
    scene.apply(scene.generate(*OPTIONS))
    assert [each["owned_by"] for each in listed(gateway) if each["owned_by"]] == ["vllm"]
    assert gateway.chat({}, owned_by="sglang").status != 200
    assert add(gateway, model=MODEL, owned_by="sglang", service_name=POOLS["sglang"]).status == 200
    until(lambda: gateway.chat({}, owned_by="sglang").status == 200, "it is added")


def settings(scene: Scene, key: str = "llmd-routes.yaml") -> dict[str, str]:
    """Return the contents of the controller's ConfigMap with a key."""
    maps = scene.get("configmaps")["items"]
    (found,) = [each["data"] for each in maps if key in (each.get("data") or {})]
    return dict(found)


def test_the_models_server_may_change_one_config_map(scene: Scene) -> None:
    (account,) = {pod["spec"]["serviceAccountName"] for pod in scene.pods("models-")}
    (deployment,) = [
        each["metadata"]["name"]
        for each in scene.get("deployments")["items"]
        if each["metadata"]["name"].startswith("llmd-routes-")
    ]
    user = f"--as=system:serviceaccount:{HOME}:{account}"
    kubectl = scene.cluster.bench.kubectl

    def may(verb: str, resource: str) -> str:
        return kubectl.run("auth", "can-i", verb, resource, "-n", HOME, user).stdout.strip()

    assert may("get", f"configmaps/{deployment}") == "yes"
    assert {may(verb, f"configmaps/{deployment}-operators") for verb in ("get", "update")} == {"yes"}
    assert {may(verb, f"configmaps/{deployment}") for verb in ("update", "patch", "delete")} == {"no"}
    for verb, resource in (
        ("update", "configmaps/other"),
        ("list", "configmaps"),
        ("get", "secrets"),
        ("patch", "httproutes.gateway.networking.k8s.io"),
    ):
        assert may(verb, resource) == "no", (verb, resource)


def test_each_change_is_in_the_log_without_the_token(scene: Scene) -> None:
    logs = "".join(scene.log(pod) for pod in scene.pods("models-"))
    assert f'"owned_by": "sglang", "service_name": "{POOLS["sglang"]}"' in logs
    assert TOKEN not in logs
