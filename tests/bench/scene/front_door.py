"""A scene without a Gateway: stand-alone routers of llm-d, and an Envoy of llmd-routes in front of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.cases import llmd_routes
from tests.bench.waiting import until

from .calls import call
from .cluster import Cluster, read_scene
from .gateway import Gateway
from .scene import Scene, is_available, is_ready

Obj = dict[str, Any]
LABEL = "llmd-routes/envoy"
NAME = "llmd-routes"
# The Services of the stand-alone routers.
ROUTERS = ("chat-vllm-epp", "chat-sglang-proxy")
PORT, INNER_PORT = 8080, 9090


@dataclass(frozen=True)
class Door(Gateway):
    """A pod of the Envoy; its administration listens on the loopback address, so tests ask its inner listener."""

    def routes(self) -> str:
        """Return the names of the clusters that it knows, as text."""
        return call(self.address, INNER_PORT, "GET", "/stats/prometheus").body.decode()


@dataclass(frozen=True)
class Standalone(Scene):
    """A namespace with stand-alone routers."""

    def generated(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the program for the namespace."""
        words = ("generate", "-n", self.namespace, "--implementation", "envoy", *options)
        done = llmd_routes(*words, bench=self.cluster.bench)
        assert done.returncode == 0, done.stderr
        return done

    def doors(self) -> list[Door]:
        """Return the pods of the Envoy that are ready."""
        pods = [pod for pod in self.pods() if LABEL in pod["metadata"]["labels"] and is_ready(pod)]
        return [Door(pod["status"]["podIP"], PORT) for pod in pods]

    def gateway(self) -> Gateway:
        """Return a pod of the Envoy, as soon as one is ready."""
        return until(self.doors, "a pod of the Envoy is ready")[0]

    def service(self) -> Gateway:
        """Return the Service of the Envoy."""
        return Gateway(self.get("services", NAME)["spec"]["clusterIP"])

    def wait_ready(self) -> None:
        """Return once all pods run, and endpoint pickers that need no further InferencePool are ready."""
        until(lambda: all(map(is_available, self.get("deployments")["items"])), "the pods are ready")
        # A proxy is ready before it knows the address of its picker.
        for name in ROUTERS:
            router = Gateway(self.get("services", name)["spec"]["clusterIP"], 8081)
            until(lambda router=router: router.chat({}).status == 200, f"{name} answers")  # type: ignore[misc]

    def settle(self) -> None:
        """Return once all pods run."""
        self.wait_ready()


@contextmanager
def open_standalone(cluster: Cluster, namespace: str) -> Iterator[Standalone]:
    """Put two stand-alone routers into a namespace, which is deleted when the block ends."""
    scene = Standalone(cluster, namespace)
    kubectl = cluster.bench.kubectl
    kubectl.must("apply", "-f", "-", stdin=read_scene("standalone", namespace))
    scene.wait_ready()
    yield scene
    kubectl.must("delete", "namespace", namespace, "--wait=false")
