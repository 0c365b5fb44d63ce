"""The guide's broken installation: the fixes that generate prints, followed literally, make both engines answer."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.cases import llmd_routes, user_shell

from .cluster import Cluster, read_scene
from .gateway import MODEL
from .scene import GATEWAY, Scene

NAMESPACE = "fixes"
MODEL_HEADER = {"x-gateway-model-name": MODEL}


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's engines with the same pod labels, under two pools that select both, on a port of neither."""
    found = Scene(cluster, NAMESPACE)
    objects = re.sub(r", llm-d\.ai/engine-type: \w+\}", "}", read_scene("two-engines", NAMESPACE))
    kubectl = cluster.bench.kubectl
    kubectl.must("apply", "-f", "-", stdin="\n---\n".join([objects, *map(chart_pool, ("vllm", "sglang"))]))
    found.wait_ready()
    yield found
    kubectl.must("delete", "namespace", NAMESPACE, "--wait=false")


def chart_pool(engine: str) -> str:
    """Return the InferencePool of a chart of the guide."""
    spec = {
        "selector": {"matchLabels": {"llm-d.ai/inference-serving": "true"}},
        "targetPorts": [{"number": 8200}],
        "endpointPickerRef": {"name": f"gaie-{engine}-qwen2-5-0-5b-epp", "port": {"number": 9002}},
    }
    metadata = {"name": f"gaie-{engine}-qwen2-5-0-5b", "namespace": NAMESPACE}
    pool = {"apiVersion": "inference.networking.k8s.io/v1", "kind": "InferencePool", "metadata": metadata, "spec": spec}
    return json.dumps(pool)


def generate(scene: Scene, *options: str) -> subprocess.CompletedProcess[str]:
    words = ("generate", "-n", NAMESPACE, "--gateway", f"{NAMESPACE}/{GATEWAY}", *options)
    return llmd_routes(*words, bench=scene.cluster.bench)


def test_the_printed_fixes_make_both_engines_answer(scene: Scene, tmp_path: Path) -> None:
    assert scene.gateway().chat(MODEL_HEADER).status == 404
    refused = generate(scene)
    assert (refused.returncode, refused.stdout) == (2, "")
    fixes = re.findall(r"^  fix: (.*)$", refused.stderr, re.M)
    assert fixes[0] == f"llmd-routes label -n {NAMESPACE} | sh  # restarts the pods"
    assert fixes[1].endswith("; or pass --adopt-pools to overwrite the InferencePools")
    assert len(fixes) == 2
    assert user_shell(fixes[0], scene.cluster.bench, tmp_path).returncode == 0
    scene.wait_ready()
    made = generate(scene, "--adopt-pools")
    assert made.returncode == 0, made.stderr
    scene.apply(made.stdout)
    scene.settle()
    gateway = scene.gateway()
    for owner in ("vllm", "sglang"):
        answer = gateway.chat({}, owned_by=owner)
        assert (answer.status, answer.engine) == (200, owner)
    assert "[weak-selector]" not in made.stderr
