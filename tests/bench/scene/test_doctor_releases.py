"""`doctor` names parts of an installation whose releases do not go together, until its fix was applied."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.waiting import until

from .cluster import Cluster
from .doctor import diagnosis, first
from .scene import GATEWAY, Scene, open_scene
from .test_body_to_header import ask_at_length

Obj = dict[str, Any]
HOME = "releases"
PICKERS = ("gaie-sglang-qwen2-5-0-5b-epp", "gaie-vllm-qwen2-5-0-5b-epp")
# Larger than what a picker accepts in one message by default, smaller than what these here claim to accept.
LARGE = 6 * 2**20


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster, with the output of generate."""
    with open_scene(cluster, "two-engines", HOME) as opened:
        opened.apply(opened.generate())
        opened.settle()
        yield opened


def test_a_proxy_older_than_its_control_plane_is_named(scene: Scene) -> None:
    """The fix is what the finding says. istiod runs as a process here, so a Deployment without pods shows its image."""
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")
    (pod,) = scene.pods(GATEWAY)
    name, image = pod["metadata"]["name"], pod["spec"]["containers"][0]["image"]
    scene.apply(json.dumps(istiod(image.replace("proxyv2", "pilot"))))
    assert first(scene) is None
    scene.kubectl("set", "image", f"pod/{name}", f"istio-proxy={re.sub(r':.*', ':1.20.0', image)}")
    finding = diagnosis(scene)[1]["findings"][0]
    assert (finding["cause"], finding["object"]) == ("old-proxy", f"Gateway {HOME}/{GATEWAY}")
    assert finding["field"].endswith(f"Pod {HOME}/{name}")
    command, _, otherwise = finding["fix"].partition(", or ")
    assert otherwise == "set its image if it is fixed"
    kubectl, *words = shlex.split(command)
    assert kubectl == "kubectl"
    scene.cluster.bench.kubectl.must(*words)
    until(lambda: [each["metadata"]["name"] != name for each in scene.pods(GATEWAY)] == [True], "another pod runs")
    scene.settle()
    assert first(scene) is None
    assert scene.gateway().chat({}, owned_by="sglang").status == 200
    scene.kubectl("delete", "deployment", "istiod")


def istiod(image: str) -> Obj:
    """Return a Deployment with an image and without pods."""
    labels = {"app": "istiod"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "discovery", "image": image}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
    metadata = {"name": "istiod", "namespace": HOME}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def test_pickers_that_accept_less_than_the_gateway_reads_are_named(scene: Scene) -> None:
    """A release with the flag was planned, and one without it runs. The fix is what the finding says."""
    before = {name: scene.get("deployments", name)["spec"]["template"] for name in PICKERS}
    for name in PICKERS:
        scene.kubectl("patch", "deployment", name, "--type=json", "-p", flagged("--grpc-max-recv-msg-size=20971520"))
    scene.apply(scene.generate())
    assert first(scene) is None
    for name, template in before.items():
        replaced = [{"op": "replace", "path": "/spec/template", "value": template}]
        scene.kubectl("patch", "deployment", name, "--type=json", "-p", json.dumps(replaced))
    scene.settle()
    findings = diagnosis(scene)[1]["findings"]
    assert [(each["cause"], each["object"]) for each in findings] == [
        ("body-limit", f"Deployment {HOME}/{name}") for name in PICKERS
    ]
    assert all(each["fix"].startswith("run llmd-routes generate again, or raise ") for each in findings)
    assert large(scene) == 500
    scene.apply(scene.generate())
    scene.settle()
    assert first(scene) is None
    assert large(scene) == 413
    assert scene.gateway().chat({}, owned_by="sglang").status == 200


def flagged(flag: str) -> str:
    """Return the JSON patch that adds a flag to the first container of a Deployment."""
    return json.dumps([{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": flag}])


def large(scene: Scene) -> int:
    """Return the status of a request with a large body."""
    return ask_at_length(scene.gateway(), LARGE, is_chunked=False).status
