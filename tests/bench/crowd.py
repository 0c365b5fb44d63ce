"""Many pods of many engines: 1,000 models on 200 pods, and what answers at all their addresses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from llmd_routes_sidecar.catalog import Catalog, Model, Pods, Service

Obj = dict[str, Any]
SERVICES, PODS_EACH, MODELS_EACH = 50, 4, 20
PORT = 8000
NAMESPACE = "crowd"
# The adapter that the engines of the first service have loaded since.
LOADED = "adapter"


def catalog() -> Catalog:
    """Return a catalog whose services have a label, and an owner key, each of their own."""
    return Catalog(services=tuple(map(_service, range(SERVICES))))


def _service(number: int) -> Service:
    models = tuple(Model(id=name) for name in models_of(number))
    pods = Pods(namespace=NAMESPACE, selector={"app": f"app-{number}"}, ports=(PORT,))
    return Service(owned_by=f"owner-{number}", models=models, pool=f"pool-{number}", pods=pods)


def models_of(service: int) -> list[str]:
    """Return the models of a service."""
    return [f"organisation/model-{service:02}-{number:02}" for number in range(MODELS_EACH)]


def service_of(pod: int) -> int:
    """Return the service that a pod belongs to."""
    return pod // PODS_EACH


def address(pod: int) -> str:
    """Return the address of a pod, in the range that is local to the bench."""
    return f"10.244.7.{pod + 1}"


def pod_object(pod: int) -> Obj:
    """Return what is created of a pod."""
    labels = {"app": f"app-{service_of(pod)}"}
    container = {"name": "engine", "image": "registry.example.com/engine:v1"}
    metadata = {"name": f"pod-{pod}", "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def pod_status(pod: int, ready: bool) -> Obj:
    """Return what is reported of a pod."""
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    ips = {"podIP": address(pod), "podIPs": [{"ip": address(pod)}]}
    return {"status": {"phase": "Running", **ips, "conditions": [condition]}}


class _Engine(BaseHTTPRequestHandler):
    """Answers as the pod whose address was asked."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer the list of models."""
        pod = int(self.connection.getsockname()[0].rpartition(".")[2]) - 1
        names = models_of(service_of(pod)) + ([LOADED] if service_of(pod) == 0 else [])
        data = [{"id": name, "object": "model", "created": 7, "root": name, "max_model_len": 4096} for name in names]
        body = json.dumps({"object": "list", "data": data}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Engines(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of who went away."""


@contextmanager
def engines() -> Iterator[None]:
    """Answer at all addresses until the block ends."""
    server = _Engines(("0.0.0.0", PORT), _Engine)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
