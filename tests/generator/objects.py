"""Small Kubernetes objects for tests: only the fields a rule looks at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Obj = dict[str, Any]


def write_objects(folder: Path, objects: list[Obj]) -> Path:
    """Write manifests to a file in a directory, and return its path."""
    path = folder / "objects.yaml"
    with path.open("w") as stream:
        YAML(typ="safe").dump_all(objects, stream)
    return path


def container(name: str = "main", image: str = "", command: Any = None, args: Any = None, **more: Any) -> Obj:
    found: Obj = {"name": name, **more}
    found |= {"image": image} if image else {}
    found |= {"command": command} if command is not None else {}
    return found | ({"args": args} if args is not None else {})


def vllm(*args: str, **more: Any) -> Obj:
    return container("vllm", "vllm/vllm-openai:v1", ["vllm", "serve"], list(args), **more)


def sidecar(*args: str, **more: Any) -> Obj:
    return container(
        "routing-proxy", "ghcr.io/llm-d/llm-d-routing-sidecar:v1", None, list(args), restartPolicy="Always", **more
    )


def pod_template(
    labels: Obj, *containers: Obj, annotations: Obj | None = None, init: list[Obj] | None = None, **spec: Any
) -> Obj:
    metadata: Obj = {"labels": labels} | ({"annotations": annotations} if annotations else {})
    inits: Obj = {"initContainers": init} if init else {}
    return {"metadata": metadata, "spec": {"containers": list(containers), **inits, **spec}}


def workload(name: str, template: Obj, namespace: str | None = "ns", kind: str = "Deployment", **metadata: Any) -> Obj:
    meta: Obj = {"name": name, **metadata} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": {"replicas": 1, "template": template}}


def deployment(name: str, labels: Obj, *containers: Obj, namespace: str | None = "ns", **more: Any) -> Obj:
    return workload(name, pod_template(labels, *containers, **more), namespace)


def group_set(name: str, worker: Obj, leader: Obj | None = None, size: int = 2, namespace: str | None = "ns") -> Obj:
    group: Obj = {"size": size, "workerTemplate": worker} | ({"leaderTemplate": leader} if leader else {})
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 1, "leaderWorkerTemplate": group},
    }


def pool(name: str, selector: Obj, *ports: int, namespace: str | None = "ns", epp: str = "epp", **labels: str) -> Obj:
    return {
        "apiVersion": "inference.networking.k8s.io/v1",
        "kind": "InferencePool",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": selector},
            "targetPorts": [{"number": port} for port in ports],
            "endpointPickerRef": {"name": epp, "port": {"number": 9002}},
        },
    }


def pool_v1alpha2(name: str, selector: Obj, port: int, namespace: str | None = "ns", epp: str = "epp") -> Obj:
    return {
        "apiVersion": "inference.networking.x-k8s.io/v1alpha2",
        "kind": "InferencePool",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": selector, "targetPortNumber": port, "extensionRef": {"name": epp}},
    }


def epp(name: str, *args: str, labels: Obj | None = None, namespace: str | None = "ns") -> Obj:
    image = "ghcr.io/llm-d/llm-d-inference-scheduler:v0.4.0"
    return deployment(
        name, labels or {"inferencepool": name}, container("epp", image, None, list(args)), namespace=namespace
    )


def service(name: str, selector: Obj, port: int = 9002, namespace: str | None = "ns") -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": selector, "ports": [{"name": "grpc-ext-proc", "port": port}]},
    }


def gateway(name: str = "gw", gateway_class: str = "istio", namespace: str | None = "ns") -> Obj:
    listener = {"name": "default", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"gatewayClassName": gateway_class, "listeners": [listener]},
    }


def config_map(name: str, data: Obj, namespace: str | None = "ns") -> Obj:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}
