"""Engines as pods of an API server, with addresses of this machine, and real endpoint pickers among them."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.processes import Processes
from tests.bench.scene.calls import call
from tests.bench.scene.gateway import MODEL
from tests.bench.scene.programs import ROOT
from tests.bench.waiting import until
from tests.generator.objects import Obj, container, epp, service, vllm

from .scene import ADDRESS, apply

# The extension is known by its CRDs. The API server needs no more of them.
_CRD = "aigatewayroutes.aigateway.envoyproxy.io"
_SGLANG = ["--model-path", MODEL, "--port", "30000"]


@dataclass(frozen=True)
class Engine:
    """An engine with its pod and its picker: the container, the address, and the ports that the picker listens on."""

    name: str
    container: Obj
    port: int
    address: str
    grpc: int

    @property
    def metrics(self) -> int:
        """Return the port of the picker's metrics."""
        return self.grpc + 2

    def objects(self, namespace: str) -> list[Obj]:
        """Return the pod, and the Deployment and Service of its picker."""
        metadata = {"name": self.name, "namespace": namespace, "labels": {"app": self.name}}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [self.container]}}
        picker = {"epp": self.name}
        words = ("--pool-name", self.name, "--pool-namespace", namespace)
        asked = epp(f"{self.name}-epp", *words, labels=picker, namespace=namespace)
        asked["spec"]["selector"] = {"matchLabels": picker}
        return [pod, asked, service(f"{self.name}-epp", picker, self.grpc, namespace)]


ENGINES = (
    Engine("vllm", vllm(MODEL, ports=[{"containerPort": 8000}]), 8000, "10.244.3.11", 9102),
    Engine(
        "sglang",
        container("sglang", "lmsysorg/sglang:v1", None, _SGLANG, ports=[{"containerPort": 30000}]),
        30000,
        "10.244.3.12",
        9202,
    ),
)


def install(server: Bench, namespace: str, processes: Processes) -> None:
    """Run the engines, and create their objects and the CRD of the extension."""
    names = {"kind": "AIGatewayRoute", "listKind": "AIGatewayRouteList", "plural": "aigatewayroutes"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    group, singular = _CRD.partition(".")[2], {"singular": "aigatewayroute"}
    spec = {"group": group, "names": {**names, **singular}, "scope": "Namespaced", "versions": [version]}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    apply(server.kubectl, [{**kind, "metadata": {"name": _CRD}, "spec": spec}])
    for engine in ENGINES:
        words = ("-m", "tests.bench.scene.engine", engine.name, "--model", MODEL, "--port", str(engine.port))
        processes.start(engine.name, Path(sys.executable), *words, env={"PYTHONPATH": str(ROOT)})
        apply(server.kubectl, engine.objects(namespace))
        status = {
            "podIP": engine.address,
            "podIPs": [{"ip": engine.address}],
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
        }
        patch = ("--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
        server.kubectl.must("patch", "pod", engine.name, "-n", namespace, *patch)


def uninstall(server: Bench) -> None:
    """Delete the CRD of the extension, which would decide what other tests get."""
    server.kubectl.must("delete", "crd", _CRD)


def start_pickers(server: Bench, program: Path, namespace: str, processes: Processes) -> None:
    """Run the endpoint picker of each engine, whose InferencePool must exist, and wait until they answer."""
    for engine in ENGINES:
        flags = {
            "pool-name": engine.name,
            "pool-namespace": namespace,
            "grpc-port": engine.grpc,
            "grpc-health-port": engine.grpc + 1,
            "metrics-port": engine.metrics,
            "metrics-endpoint-auth": "false",
            "tracing": "false",
        }
        words = [f"--{name}={value}" for name, value in flags.items()]
        processes.start(f"{engine.name}-epp", program, *words, env={"KUBECONFIG": str(server.kubeconfig)})
    until(lambda: len(picked()) == len(ENGINES), "the endpoint pickers run")


def names_of(namespace: str) -> str:
    """Return the text of a file of hosts that has the Services of the pickers."""
    return "".join(f"{ADDRESS} {engine.name}-epp.{namespace}.svc\n" for engine in ENGINES)


def picked() -> dict[str, int]:
    """Return how many requests each picker has picked a pod for. Raises OSError if one does not answer."""
    counts = {}
    for engine in ENGINES:
        text = call(ADDRESS, engine.metrics, "GET", "/metrics").body.decode()
        found = re.findall(r"^inference_objective_request_total{.*} (\d+)$", text, re.MULTILINE)
        counts[engine.name] = sum(map(int, found))
    return counts
