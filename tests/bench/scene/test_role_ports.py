"""Ports that not all pods of a pool serve: what generate makes of them, asked through the real endpoint picker."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmd_routes.planning.epp_configs import default_config
from tests.bench.waiting import until

from .calls import call
from .cluster import Cluster
from .scene import METRICS_PORT, Scene, open_scene

pytestmark = pytest.mark.long
Obj = dict[str, Any]
MODEL = "acme/oak"
ANNOTATION = "inference.networking.k8s.io/active-ports"
POOL = "oak-vllm"
ASKED = 30


@pytest.fixture(scope="module")
def scene(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Pods of one role that serve two ports, and of another that serve one; their picker asks for no role.

    The bench starts the first container of a pod only, so nothing answers on the second port.
    """
    config = tmp_path_factory.mktemp("config") / "config.yaml"
    config.write_text(default_config("vllm"))
    with open_scene(cluster, "two-engines", "role-ports", without="gaie-") as opened:
        opened.apply(json.dumps(half(opened, "decode", 8000, 8001)))
        opened.apply(json.dumps(half(opened, "prefill", 8000)))
        opened.wait_ready()
        opened.apply(generated(opened, config)[0])
        opened.settle()
        yield opened


def half(scene: Scene, role: str, *ports: int) -> Obj:
    labels = {"app": f"oak-{role}", "llm-d.ai/role": role, "llm-d.ai/guide": "oak"}
    containers = [
        {
            "name": f"vllm-{port}",
            "image": "vllm/vllm-openai:v0.11.0",
            "command": ["vllm", "serve", MODEL, "--port", str(port)],
            "ports": [{"containerPort": port}],
            "readinessProbe": {"httpGet": {"path": "/health", "port": port}},
        }
        for port in ports
    ]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"oak-{role}", "namespace": scene.namespace},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }


def generated(scene: Scene, config: Path) -> tuple[str, str]:
    done = scene.generated("--epp", "deploy", "--epp-config", str(config))
    return done.stdout, done.stderr


def answered(scene: Scene) -> set[int]:
    """Return the statuses of different prompts, so that no cache prefers a pod."""
    gateway = scene.gateway()
    prompts = [[{"role": "user", "content": f"{number} " * 300}] for number in range(ASKED)]
    return {gateway.chat({}, MODEL, messages=prompt).status for prompt in prompts}


def endpoints(scene: Scene) -> set[tuple[str, int]]:
    """Return what the picker chooses among: the role of each pod, and the position of a port in its pool."""
    (picker,) = scene.pods(f"{POOL}-epp")
    metrics = call(picker["status"]["podIP"], METRICS_PORT, "GET", "/metrics").body.decode()
    found = re.findall(r'^inference_pool_per_pod_queue_size{model_server_pod="oak-(\w+)-.*-rank-(\d)"', metrics, re.M)
    return {(role, int(rank)) for role, rank in found}


def targets(scene: Scene) -> list[int]:
    pool = scene.get("inferencepools.inference.networking.k8s.io", POOL)
    return [port["number"] for port in pool["spec"]["targetPorts"]]


def test_the_pool_targets_what_all_pods_serve(scene: Scene) -> None:
    assert targets(scene) == [8000]
    assert answered(scene) == {200}
    assert endpoints(scene) == {("decode", 0), ("prefill", 0)}


def test_the_picker_chooses_among_all_ports_of_all_pods(scene: Scene) -> None:
    """Why the pool does not target a port that some pods do not serve."""
    both = {"spec": {"targetPorts": [{"number": 8000}, {"number": 8001}]}}
    scene.kubectl("patch", "inferencepools", POOL, "--type=merge", "-p", json.dumps(both))
    until(lambda: ("prefill", 1) in endpoints(scene), "the picker knows the port that no pod for prefill serves")


def test_the_annotation_lets_the_pool_target_both(scene: Scene, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(default_config("vllm"))
    _, said = generated(scene, config)
    assert f'set the annotation {ANNOTATION}: "8000" on the pods of Deployment/oak-prefill' in said
    change = {"spec": {"template": {"metadata": {"annotations": {ANNOTATION: "8000"}}}}}
    scene.kubectl("patch", "deployment", "oak-prefill", "--type=merge", "-p", json.dumps(change))
    scene.wait_ready()
    text, said = generated(scene, config)
    assert "ports-differ" not in said
    scene.apply(text)
    assert targets(scene) == [8000, 8001]
    until(lambda: endpoints(scene) == {("decode", 0), ("decode", 1), ("prefill", 0)}, "the picker knows the annotation")
    assert answered(scene) == {200}
