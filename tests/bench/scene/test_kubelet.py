"""The stand-in for the kubelet does to pods what their users expect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.cases import ensure_namespaces
from tests.bench.waiting import until

from .cluster import Cluster
from .scene import Scene, is_ready

Obj = dict[str, Any]
NAMESPACE = "kubelet"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """An empty namespace."""
    ensure_namespaces(cluster.bench, [{"metadata": {"namespace": NAMESPACE}}])
    yield Scene(cluster, NAMESPACE)
    cluster.bench.kubectl.must("delete", "namespace", NAMESPACE, "--wait=false")


def pod(name: str, image: str, **more: Any) -> str:
    container = {"name": "main", "image": image, "command": ["vllm", "serve", "m"], **more}
    metadata = {"name": name, "namespace": NAMESPACE}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})


def status(scene: Scene, name: str) -> Obj:
    found: Obj = (scene.get("pods", name)["status"].get("containerStatuses") or [{}])[0]
    return found


def test_a_pod_that_cannot_run_says_so_and_does_not_stop_others(scene: Scene) -> None:
    scene.apply(pod("a-stranger", "docker.io/library/nginx:1"))
    waiting = until(lambda: status(scene, "a-stranger").get("state", {}).get("waiting"), "its status is told")
    assert waiting["message"] == "no program stands for image docker.io/library/nginx:1"
    scene.apply(pod("b-server", "vllm/vllm-openai:v1"))
    until(lambda: is_ready(scene.get("pods", "b-server")), "the other one runs")


def test_ready_only_when_its_probe_succeeds_and_started_again_when_it_ends(scene: Scene) -> None:
    scene.apply(pod("never", "vllm/vllm-openai:v1", readinessProbe={"httpGet": {"port": 8000, "path": "/nowhere"}}))
    scene.apply(pod("probed", "vllm/vllm-openai:v1", readinessProbe={"httpGet": {"port": 8000, "path": "/health"}}))
    until(lambda: is_ready(scene.get("pods", "probed")), "it is ready")
    probed = scene.get("pods", "probed")
    assert not is_ready(scene.get("pods", "never"))
    scene.kill(probed)
    until(lambda: status(scene, "probed").get("restartCount") == 1, "it is started again")
    until(lambda: is_ready(scene.get("pods", "probed")), "it is ready again")
    assert scene.get("pods", "probed")["status"]["podIP"] == probed["status"]["podIP"]


def test_a_deleted_pod_goes(scene: Scene) -> None:
    scene.apply(pod("goes", "vllm/vllm-openai:v1"))
    until(lambda: is_ready(scene.get("pods", "goes")), "it runs")
    scene.kubectl("delete", "pod", "goes")
    assert [each["metadata"]["name"] for each in scene.pods("goes")] == []
