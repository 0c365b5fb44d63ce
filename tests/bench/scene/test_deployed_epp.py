"""The endpoint pickers that `--epp deploy` emits run as emitted, and the gateway asks them.

Each runs with exactly the arguments, environment, configuration file, ServiceAccount token and ports of its
Deployment, and becomes ready by its own probe.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.bench.waiting import until

from .calls import Answer
from .cluster import Cluster
from .gateway import MODEL
from .routing import addresses
from .scene import Scene, open_scene

VLLM = {"x-gateway-model-name": MODEL, "x-owned-by": "vllm"}
EPP = "ms-vllm-qwen2-5-0-5b-llm-d-modelservice-vllm-epp"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster, without its endpoint pickers, after `--epp deploy`."""
    with open_scene(cluster, "two-engines", "deployed-epp", without="gaie-") as opened:
        opened.apply(opened.generate("--epp", "deploy"))
        opened.settle()
        yield opened


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_it_picks_for_its_engine(scene: Scene, engine: str) -> None:
    start = f"ms-{engine}-qwen2-5-0-5b-llm-d-modelservice-{engine}-epp"
    before = scene.picked(start)
    answer = scene.gateway().chat({**VLLM, "x-owned-by": engine})
    assert (answer.status, answer.engine) == (200, engine)
    assert scene.picked(start) == before + 1
    (pod,) = scene.pods(start)
    log = scene.log(pod)
    assert "Reconciling InferencePool" in log
    assert "forbidden" not in log, log


def test_it_is_asked_nothing_before_it_listens(scene: Scene) -> None:
    """Without it requests go on (FailOpen), and not one fails while it starts."""
    gateway = scene.gateway()
    scene.scale(EPP, 0)
    until(lambda: not addresses(gateway)[f"{scene.namespace}/{EPP}"], "Envoy knows that it is gone")
    scene.kubectl("scale", "deployment", EPP, "--replicas=1")
    answers: list[Answer] = []

    def picks() -> bool:
        answers.append(gateway.chat(VLLM))
        return "x-went-into-resp-headers" in answers[-1].headers

    until(picks, "it picks")
    assert {(answer.status, answer.engine) for answer in answers} == {(200, "vllm")}


def test_a_second_run_changes_nothing(scene: Scene) -> None:
    """A second run prints the same, from what it deployed itself."""
    before = versions(scene)
    again = scene.apply(scene.generate("--epp", "deploy")).splitlines()
    # kubectl sends the selector of a budget each time, because its strategy is to replace it.
    assert [line for line in again if not line.endswith(" unchanged") and "poddisruptionbudget" not in line] == []
    assert versions(scene) == before


def versions(scene: Scene) -> list[str]:
    """Return the objects that a picker is made of, without its Deployment, with what tells a write."""
    kinds = "poddisruptionbudgets,networkpolicies,services,configmaps,serviceaccounts,roles,rolebindings"
    listed = json.loads(scene.kubectl("get", kinds, "-o", "json"))["items"]
    return [f"{obj['kind']} {obj['metadata']['name']} {obj['metadata'].get('generation')}" for obj in listed]
