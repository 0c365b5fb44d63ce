"""Installations of any size: one Deployment and one pool a service, and on a cluster some pods of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from tests.generator.objects import Obj, deployment, gateway, pool, vllm

NAMESPACE = "speed"


def services(count: int) -> Iterator[Obj]:
    """Yield a Gateway, and for each service its Deployment and its pool."""
    yield gateway(namespace=NAMESPACE)
    for number in range(count):
        marks = {"llm-d.ai/model": f"model-{number}", "llm-d.ai/inference-serving": "true", "llm-d.ai/role": "decode"}
        yield deployment(f"ms-{number}-decode", marks, vllm(f"org/model-{number}", "--port=8000"), namespace=NAMESPACE)
        yield pool(f"pool-{number}", {"llm-d.ai/model": f"model-{number}"}, 8000, namespace=NAMESPACE)


def pods(count: int, each: int) -> Iterator[Obj]:
    """Yield the pods of the services, as a ReplicaSet makes them."""
    for obj in services(count):
        if obj["kind"] == "Deployment":
            for number in range(each):
                yield _pod(obj, number)


def _pod(owner: Obj, number: int) -> Obj:
    name, template = f"{owner['metadata']['name']}-abc", owner["spec"]["template"]
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": name, "controller": True}
    metadata = {
        "name": f"{name}-{number}",
        "namespace": NAMESPACE,
        "labels": {**template["metadata"]["labels"], "pod-template-hash": "abc"},
        "ownerReferences": [reference],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def write(path: Path, count: int) -> Path:
    """Write the services as YAML, as `kubectl get -o yaml` would, and return the path."""
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    with path.open("w", encoding="utf-8") as stream:
        yaml.dump_all(list(services(count)), stream)
    return path
