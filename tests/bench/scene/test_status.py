"""`status` waits for controllers and pickers of a real cluster, and says what is missing when its time is over."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.cases import llmd_routes
from tests.bench.waiting import until

from .cluster import Cluster
from .scene import GATEWAY, Scene, open_scene

HOME = "status"
PICKER = "gaie-sglang-qwen2-5-0-5b-epp"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster, as it is found."""
    with open_scene(cluster, "two-engines", HOME) as opened:
        yield opened


def status(scene: Scene, timeout: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the output of status about the Gateway of a scene."""
    words = ("status", "-n", HOME, "--gateway", f"{HOME}/{GATEWAY}", "--timeout", timeout, "-o", "json")
    done: subprocess.CompletedProcess[str] = llmd_routes(*words, bench=scene.cluster.bench)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, found


def waiting(said: dict[str, Any]) -> list[str]:
    return [each["object"] for each in said["objects"] if not each["inEffect"]]


def test_before_an_apply_nothing_is_in_effect(scene: Scene) -> None:
    code, said = status(scene, "0")
    assert (code, [finding["cause"] for finding in said["findings"]]) == (1, ["no-route"])


def test_after_an_apply_requests_succeed_once_it_ends(scene: Scene) -> None:
    """The pickers wait for their pools, so they are not ready at once; Envoy follows within a moment."""
    scene.apply(scene.generate())
    code, said = status(scene, "90s")
    assert (code, waiting(said)) == (0, [])
    kinds = {each["object"].partition(" ")[0] for each in said["objects"]}
    assert kinds == {"GatewayClass", "Gateway", "HTTPRoute", "InferencePool", "Service"}
    until(lambda: scene.gateway().chat({}, owned_by="sglang").status == 200, "requests succeed")


def test_it_waits_for_a_picker(scene: Scene) -> None:
    scene.scale(PICKER, 0)
    until(lambda: waiting(status(scene, "0")[1]) == [f"Service {HOME}/{PICKER}"], "only the picker is missing")
    later = threading.Timer(3, lambda: scene.kubectl("scale", "deployment", PICKER, "--replicas=1"))
    later.start()
    code, said = status(scene, "90s")
    later.join()
    assert (code, waiting(said)) == (0, [])


def test_a_frozen_control_plane_is_never_in_effect(scene: Scene) -> None:
    route = f"{HOME}.{GATEWAY}"
    scene.cluster.istiod.kill()
    try:
        later = [{"op": "add", "path": "/spec/hostnames", "value": ["models.example.com"]}]
        scene.kubectl("patch", "httproute", route, "--type=json", "-p", json.dumps(later))
        code, said = status(scene, "3s")
        assert (code, waiting(said)) == (1, [f"HTTPRoute {HOME}/{route}"])
        assert [finding["cause"] for finding in said["findings"]] == ["stale-status"]
    finally:
        scene.cluster.istiod.start()
    assert status(scene, "60s")[0] == 0
