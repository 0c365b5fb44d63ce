"""Objects for tests with Envoy Gateway: a Gateway, and Services with addresses of this machine behind them."""

from __future__ import annotations

import json
from typing import Any

import openai

from tests.bench.kubectl import Kubectl
from tests.bench.scene.gateway import MODEL, Gateway
from tests.bench.waiting import until

from .controller import CLASS

Obj = dict[str, Any]
API = "gateway.networking.k8s.io/v1"
# Processes of this machine listen on all addresses of pods.
ADDRESS = "10.244.3.1"


def gateway(namespace: str, port: int, name: str = "gateway") -> Obj:
    """Return a Gateway whose Envoy listens on a port of this machine."""
    listener = {"name": "http", "port": port, "protocol": "HTTP"}
    metadata = {"name": name, "namespace": namespace}
    spec = {"gatewayClassName": CLASS, "listeners": [listener]}
    return {"apiVersion": API, "kind": "Gateway", "metadata": metadata, "spec": spec}


def fronted(namespace: str, name: str, port: int, selector: Obj | None = None) -> list[Obj]:
    """Return a Service on port 80, and the one endpoint behind it."""
    metadata = {"name": name, "namespace": namespace}
    ports = [{"name": "http", "port": 80, "targetPort": port}]
    spec = {"selector": selector or {"app": name}, "ports": ports}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    return [service, slice_of(namespace, name, "http", port)]


def slice_of(namespace: str, name: str, port_name: str, port: int) -> Obj:
    """Return the one endpoint behind a Service: a port of this machine."""
    labels = {"kubernetes.io/service-name": name}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": True}}],
        "ports": [{"name": port_name, "port": port, "protocol": "TCP"}],
    }


def apply(kubectl: Kubectl, objects: list[Obj]) -> None:
    """Apply objects."""
    kubectl.must("apply", "-f", "-", stdin="\n---\n".join(map(json.dumps, objects)))


def conditions(kubectl: Kubectl, kind: str, namespace: str, name: str) -> dict[str, str]:
    """Return the conditions that Envoy Gateway gave a policy or a route: their status, or their message if not true."""
    obj = json.loads(kubectl.must("get", kind, name, "-n", namespace, "-o", "json"))
    status = obj.get("status", {})
    generation = obj["metadata"]["generation"]
    return {
        each["type"]: "True" if each["status"] == "True" else f"{each['reason']}: {each['message']}"
        for parent in status.get("ancestors", status.get("parents", ()))
        for each in parent["conditions"]
        if each["observedGeneration"] == generation
    }


def wait_accepted(kubectl: Kubectl, kind: str, namespace: str, name: str) -> None:
    """Return once an object is accepted. Raises BenchError with its conditions if it is not."""
    until(
        lambda: conditions(kubectl, kind, namespace, name).get("Accepted") == "True",
        lambda: f"{kind} {name} is accepted, not {conditions(kubectl, kind, namespace, name)}",
    )


def check_openai(place: Gateway) -> None:
    """Assert that the client of openai lists both engines and streams from one."""
    with openai.OpenAI(base_url=f"http://127.0.0.1:{place.port}/v1", api_key="none", max_retries=0) as client:
        assert [model.owned_by for model in client.models.list()] == ["sglang", "vllm"]
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Hi"}], stream=True, extra_body={"owned_by": "sglang"}
        )
        assert len(list(stream)) == 6
