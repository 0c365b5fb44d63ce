"""Engines are asked through a real API server for what no manifest tells, and their answer is routed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.cases import llmd_routes
from tests.regenerate import ROOT

from .cluster import Cluster
from .scene import Scene, open_scene

VLLM = "ms-vllm-qwen2-5-0-5b-llm-d-modelservice-decode"
ROLES = ROOT / "manifests"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster, where vLLM serves under a name that only its pod knows."""
    with open_scene(cluster, "two-engines", "asking") as opened:
        name = {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
        command = ["vllm", "serve", "org/m", "--port", "8000", "--served-model-name", "$(NAME)"]
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "vllm", "command": command, "env": [name]}]}}}}
        opened.kubectl("patch", "deployment", VLLM, f"--patch={json.dumps(patch)}")
        opened.wait_ready()
        yield opened


def discovered(scene: Scene, *options: str, user: str | None = None) -> tuple[list[str], list[str]]:
    """Return the models of vLLM, and what is noted of it."""
    words = ("discover", "-n", scene.namespace, "-o", "json", *options)
    done = llmd_routes(*words, bench=scene.cluster.bench, user=user)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    (models,) = (service["models"] for service in found["modelServices"] if service["engine"] == "vllm")
    return models, [notice["code"] for notice in found["notices"] if VLLM.removesuffix("-decode") in notice["object"]]


def test_what_only_a_pod_knows(scene: Scene) -> None:
    (pod,) = (pod["metadata"]["name"] for pod in scene.pods(VLLM))
    assert discovered(scene) == ([], ["unreadable-model"])
    assert discovered(scene, "--ask-engines") == ([pod], [])
    scene.apply(scene.generate("--ask-engines"))
    scene.settle()
    body = json.dumps({"model": pod, "messages": [{"role": "user", "content": "hi"}]})
    answer = scene.gateway().ask("POST", "/v1/chat/completions", {"content-type": "application/json"}, body)
    assert (answer.status, answer.engine) == (200, "vllm"), answer.body


def test_who_may_ask(scene: Scene) -> None:
    kubectl = scene.cluster.bench.kubectl
    kubectl.must("apply", "-f", str(ROLES / "clusterrole.yaml"), "-f", str(ROLES / "ask-engines.yaml"))
    scene.kubectl("create", "rolebinding", "reads", "--clusterrole=llmd-routes-reader", "--user=local")
    assert discovered(scene, "--ask-engines", user="local") == ([], ["not-answered", "unreadable-model"])
    scene.kubectl("create", "rolebinding", "asks", "--clusterrole=llmd-routes-ask-engines", "--user=local")
    (pod,) = (pod["metadata"]["name"] for pod in scene.pods(VLLM))
    assert discovered(scene, "--ask-engines", user="local") == ([pod], [])
