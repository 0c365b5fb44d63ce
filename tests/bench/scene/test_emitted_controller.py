"""The emitted controller as pods with an account of its own: it may do what it does, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.cases import objects
from tests.bench.waiting import until

from .calls import call
from .cluster import Cluster
from .controlled import asking
from .scene import Scene, is_ready, open_scene
from .test_controller import SGLANG, saved, status
from .test_models import IMAGE

Obj = dict[str, Any]
HOME = "emitted"
NAME = f"{HOME}.inference-gateway"
MONITORING = 9090


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster with an emitted controller, which has made the routes."""
    with open_scene(cluster, "two-engines", HOME) as opened:
        opened.apply(opened.generate("--controller", IMAGE))
        until(lambda: engines(opened) == ["sglang", "vllm"], "both engines have routes")
        opened.settle()
        yield opened
        cluster.bench.kubectl.must(
            "delete", "clusterrole,clusterrolebinding", "-l", f"llmd-routes/instance={NAME}-controller"
        )


def engines(scene: Scene) -> list[str]:
    routes = json.dumps(scene.get("httproutes"))
    return [engine for engine in ("sglang", "vllm") if f'"value": "{engine}"' in routes]


def controllers(scene: Scene) -> list[Obj]:
    """Return the ready pods of the controller."""
    return [pod for pod in scene.pods("llmd-routes-") if is_ready(pod)]


def metric(pod: Obj, name: str) -> float:
    text = call(pod["status"]["podIP"], MONITORING, "GET", "/metrics").body.decode()
    (value,) = [line.split()[1] for line in text.splitlines() if line.startswith(f"llmd_routes_controller_{name} ")]
    return float(value)


def leader(scene: Scene) -> Obj:
    """Return the pod that leads."""
    (pod,) = until(lambda: [pod for pod in controllers(scene) if metric(pod, "leader")], "one of them leads")
    return pod


def config_map(scene: Scene) -> str:
    (name,) = [
        each["metadata"]["name"]
        for each in scene.get("configmaps")["items"]
        if "llmd-routes.yaml" in each.get("data", {})
    ]
    return str(name)


def configure(scene: Scene, more: str) -> None:
    """Add lines to the settings of the controller, or remove those that were added before."""
    obj = scene.get("configmaps", config_map(scene))
    text = obj["data"]["llmd-routes.yaml"].partition("# added\n")[0]
    patch = {"data": {"llmd-routes.yaml": f"{text}# added\n{more}"}}
    scene.kubectl("patch", "configmap", obj["metadata"]["name"], "-p", json.dumps(patch))


def test_it_follows_the_cluster_with_its_own_permissions(scene: Scene) -> None:
    with asking(scene.gateway(), "vllm") as client:
        deployment = saved(scene, "deployment", SGLANG)
        scene.kubectl("delete", "deployment", SGLANG)
        until(lambda: engines(scene) == ["vllm"], "its routes are removed")
        scene.apply(deployment)
        until(lambda: engines(scene) == ["sglang", "vllm"], "its routes are back")
    assert client.failed == []
    logged = [json.loads(line) for pod in controllers(scene) for line in scene.log(pod).splitlines()]
    assert [line for line in logged if line["level"] == "error"] == []
    assert [line for line in logged if line.get("code") == "not-listed"] == []


def test_its_account_may_change_nothing_else(scene: Scene) -> None:
    account = f"system:serviceaccount:{HOME}:{config_map(scene)}"
    kubectl = scene.cluster.bench.kubectl
    for verb, what, where in (
        ("delete", "deployments.apps", HOME),
        ("patch", "services", HOME),
        ("get", "secrets", HOME),
        ("list", "secrets", HOME),
        ("create", "rolebindings.rbac.authorization.k8s.io", HOME),
        ("patch", "httproutes.gateway.networking.k8s.io", "default"),
        ("list", "pods", "default"),
        ("update", "leases.coordination.k8s.io/other", HOME),
    ):
        done = kubectl.run("auth", "can-i", verb, what, "-n", where, "--as", account)
        assert done.stdout.strip() == "no", (verb, what, where)


def test_problems_are_events_of_the_workload_and_of_the_gateway(scene: Scene) -> None:
    configure(scene, "  nosuch: 1\n")
    until(lambda: "nosuch" in scene.kubectl("describe", "gateway", "inference-gateway"), "the Gateway has an Event")
    assert "WeakSelector" in scene.kubectl("describe", "deployment", SGLANG)
    assert engines(scene) == ["sglang", "vllm"]
    configure(scene, "")
    until(lambda: "no longer: the changed settings" in scene.log(leader(scene)), "the settings are valid again")


def test_changed_settings_take_effect_without_a_restart(scene: Scene) -> None:
    pods = {pod["metadata"]["uid"] for pod in controllers(scene)}
    configure(scene, "  layout: per-service\n")
    until(lambda: len(scene.get("httproutes")["items"]) == 2, "each ModelService has an HTTPRoute")
    scene.wait_for_envoy()
    assert (status(scene, "sglang"), status(scene, "vllm")) == (200, 200)
    configure(scene, "")
    until(lambda: len(scene.get("httproutes")["items"]) == 1, "there is one HTTPRoute")
    scene.wait_for_envoy()
    assert {pod["metadata"]["uid"] for pod in controllers(scene)} == pods


def test_another_one_continues_when_the_leader_is_killed(scene: Scene) -> None:
    before = leader(scene)
    deployment = saved(scene, "deployment", SGLANG)
    scene.kubectl("delete", "pod", before["metadata"]["name"], "--wait=false")
    scene.kubectl("delete", "deployment", SGLANG)
    until(lambda: engines(scene) == ["vllm"], "its routes are removed")
    assert leader(scene)["metadata"]["uid"] != before["metadata"]["uid"]
    scene.apply(deployment)
    until(lambda: engines(scene) == ["sglang", "vllm"], "its routes are back")
    until(lambda: len(controllers(scene)) == 2, "there are two of them again")
    assert sum(metric(pod, "leader") for pod in controllers(scene)) == 1


def test_it_does_not_remove_itself(scene: Scene) -> None:
    """Its own objects are of another instance than those that it makes."""
    made = objects(scene.generate("--controller", IMAGE))
    assert {obj["metadata"]["labels"]["llmd-routes/instance"] for obj in made} == {f"{NAME}-controller"}
    assert len(controllers(scene)) == 2
