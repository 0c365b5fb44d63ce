"""One scene: the objects of a file in a namespace of a cluster, and what tests do with them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.api import Api
from tests.bench.cases import llmd_routes
from tests.bench.waiting import until

from .calls import call
from .cluster import Cluster, read_scene
from .gateway import Gateway
from .routing import addresses, done, programs_run, programs_said, said, sidecars, with_tls

Obj = dict[str, Any]
GATEWAY = "inference-gateway"
POOLS = "inferencepools.inference.networking.k8s.io"
# Where the API server has the kinds that are asked for again and again: a kubectl for each question takes long.
_APIS = {
    "pods": "/api/v1",
    "services": "/api/v1",
    "configmaps": "/api/v1",
    "deployments": "/apis/apps/v1",
    "gateways": "/apis/gateway.networking.k8s.io/v1",
    "httproutes": "/apis/gateway.networking.k8s.io/v1",
    POOLS: "/apis/inference.networking.k8s.io/v1",
    "envoyfilters": "/apis/networking.istio.io/v1alpha3",
}
METRICS_PORT = 9090
PICKER_PORT = 9002


@dataclass(frozen=True)
class Scene:
    """A namespace of a cluster."""

    cluster: Cluster
    namespace: str

    def get(self, what: str, name: str = "") -> Obj:
        """Return an object, or a list of objects, of the namespace; `what` is a plural."""
        return self._read(what, f"/namespaces/{self.namespace}", f"/{name}" if name else "")

    def generate(self, *options: str) -> str:
        """Return what the program prints for the namespace, read from the cluster."""
        return self.generated(*options).stdout

    def generated(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the program for the namespace and its Gateway: other scenes have theirs."""
        gateway = f"{self.namespace}/{GATEWAY}"
        words = ("generate", "-n", self.namespace, "--gateway", gateway, *options)
        done = llmd_routes(*words, bench=self.cluster.bench)
        assert done.returncode == 0, done.stderr
        return done

    def apply(self, text: str, *flags: str) -> str:
        """Apply a stream of objects, and return what kubectl says."""
        return self.cluster.bench.kubectl.must("apply", *flags, "-f", "-", stdin=text)

    def kubectl(self, *words: str) -> str:
        """Run kubectl in the namespace, and return its output."""
        return self.cluster.bench.kubectl.must(*words, "-n", self.namespace)

    def clear(self) -> None:
        """Delete what the program has generated, but for InferencePools."""
        kinds = ["httproutes", "destinationrules", "envoyfilters", "deployments", "services", "configmaps"]
        kinds += ["networkpolicies", "poddisruptionbudgets", "serviceaccounts", "roles", "rolebindings"]
        self.kubectl("delete", ",".join(kinds), "-l", "llmd-routes/instance", "--wait=false")

    def pods(self, start: str = "") -> list[Obj]:
        """Return the pods whose names begin so, without those that are being deleted."""
        return [
            pod for pod in self.get("pods")["items"] if pod["metadata"]["name"].startswith(start) and not is_ending(pod)
        ]

    def gateway(self) -> Gateway:
        """Return the gateway of the scene, as soon as its pod is ready."""
        (pod,) = until(lambda: [pod for pod in self.pods(GATEWAY) if is_ready(pod)], "the pod of the gateway is ready")
        return Gateway(pod["status"]["podIP"])

    def scale(self, name: str, replicas: int) -> None:
        """Set the number of pods of a Deployment, and return once Envoy knows of it."""
        self.kubectl("scale", "deployment", name, f"--replicas={replicas}")
        until(lambda: is_available(self.get("deployments", name)), f"{name} has {replicas} pods")

    def wait_ready(self) -> None:
        """Return once the Gateway is programmed, and all pods run but endpoint pickers, which wait for a pool."""
        until(lambda: all(map(is_available, self._deployments(but="-epp"))), "the pods are ready")
        until(lambda: holds(self.get("gateways", GATEWAY), "Programmed"), "the Gateway is programmed")
        until(self.gateway().listens, "Envoy has its listener")

    def settle(self) -> None:
        """Return once everything runs, and Envoy does exactly what the HTTPRoutes of its Gateway say."""
        until(lambda: all(map(is_available, self._deployments())), "the pods are ready")
        self.wait_for_envoy()

    def wait_for_envoy(self) -> None:
        """Return once Envoy does exactly what the HTTPRoutes of its Gateway say."""
        gateway = self.gateway()
        until(lambda: self._differs(gateway) is None, lambda: f"Envoy follows its routes ({self._differs(gateway)})")

    def _deployments(self, but: str = "/") -> list[Obj]:
        return [each for each in self.get("deployments")["items"] if not each["metadata"]["name"].endswith(but)]

    def _differs(self, gateway: Gateway) -> str | None:
        """Return what of the HTTPRoutes has not arrived, or what is there too much."""
        wanted, found = said(self.routes(), self._pools()), done(gateway)
        there = {one.routed for one in found}
        if wanted != there:
            return f"missing {wanted - there}, too much {there - wanted}"
        programs = programs_run(gateway)
        if programs != programs_said(self.get("envoyfilters")["items"], GATEWAY):
            return "other filters"
        known = addresses(gateway)
        needed = {name for one in found for name in (one.routed.pool, one.picker) if name} | sidecars(programs)
        if empty := [name for name in needed if not known.get(name)]:
            return f"no address of {empty}"
        pods = {pod["status"].get("podIP") for pod in self._everywhere("pods") if not is_ending(pod)}
        if gone := set().union(*(known[name] for name in needed)) - pods:
            return f"pods at {gone} have ended"
        # Without TLS no picker answers, and FailOpen hides that: requests would pass it by.
        bare = {one.picker for one in found if one.picker} - with_tls(gateway)
        if bare:
            return f"no TLS to {bare}"
        # A picker says that it is ready before it listens.
        deaf = [one.picker for one in found if one.picker and not all(map(_listens, known[one.picker]))]
        return f"nobody listens at {deaf}" if deaf else None

    def _pools(self) -> set[str]:
        return {f"{pool['metadata']['namespace']}/{pool['metadata']['name']}" for pool in self._everywhere(POOLS)}

    def _everywhere(self, what: str) -> list[Obj]:
        found: list[Obj] = self._read(what, "")["items"]
        return found

    def _read(self, what: str, place: str, name: str = "") -> Obj:
        with Api(self.cluster.access) as api:
            return api.request("GET", f"{_APIS[what]}{place}/{what.partition('.')[0]}{name}")

    def routes(self) -> list[Obj]:
        """Return the HTTPRoutes of the Gateway, in all namespaces."""
        return [
            route
            for route in self._everywhere("httproutes")
            for parent in route["spec"]["parentRefs"]
            if (parent.get("namespace", route["metadata"]["namespace"]), parent["name"]) == (self.namespace, GATEWAY)
        ]

    def log(self, pod: Obj) -> str:
        """Return what a pod's program has written."""
        return self._file(pod, "log").read_text(errors="replace")

    def kill(self, pod: Obj) -> None:
        """End a pod's program without asking it; it is started again."""
        os.kill(int(self._file(pod, "pid").read_text()), signal.SIGKILL)

    def _file(self, pod: Obj, kind: str) -> Path:
        return self.cluster.folder / "nodes" / f"{self.namespace}.{pod['metadata']['name']}.{kind}"

    def picked(self, start: str) -> int:
        """Return how many requests the endpoint picker whose pod's name begins so has picked for."""
        (pod,) = self.pods(start)
        metrics = call(pod["status"]["podIP"], METRICS_PORT, "GET", "/metrics").body.decode()
        counts = re.findall(r"^inference_objective_request_total{.*} (\d+)$", metrics, re.MULTILINE)
        return sum(map(int, counts))


@contextmanager
def open_scene(cluster: Cluster, name: str, namespace: str, without: str | None = None) -> Iterator[Scene]:
    """Put the scene of a file into a namespace, which is deleted when the block ends.

    Objects of the file that mention `without` are left out. Raises BenchError if its pods do not become ready.
    """
    scene = Scene(cluster, namespace)
    kubectl = cluster.bench.kubectl
    kubectl.must("apply", "-f", "-", stdin=read_scene(name, namespace, without))
    scene.wait_ready()
    yield scene
    kubectl.must("delete", "namespace", namespace, "--wait=false")


def _listens(address: str) -> bool:
    try:
        socket.create_connection((address, PICKER_PORT), timeout=1).close()
    except OSError:
        return False
    return True


def is_ending(obj: Obj) -> bool:
    """Return whether an object is being deleted."""
    return "deletionTimestamp" in obj["metadata"]


def is_ready(obj: Obj) -> bool:
    """Return whether condition Ready of an object is true."""
    return holds(obj, "Ready")


def holds(obj: Obj, kind: str, of: Obj | None = None) -> bool:
    """Return whether a condition of an object is true, and was set from what the object says now.

    The conditions are those of the object's status, or those of a part of it.
    """
    found = [each for each in (of or obj["status"]).get("conditions", ()) if each["type"] == kind]
    generation = obj["metadata"].get("generation")
    return bool(found) and all(
        each["status"] == "True" and each.get("observedGeneration", generation) == generation for each in found
    )


def is_available(deployment: Obj) -> bool:
    """Return whether a Deployment has all its pods ready, of the template that it has now."""
    status, generation = deployment.get("status", {}), deployment["metadata"]["generation"]
    seen = status.get("observedGeneration") == generation
    counts = [status.get(count, 0) for count in ("replicas", "updatedReplicas", "availableReplicas")]
    return seen and set(counts) == {deployment["spec"]["replicas"]}
