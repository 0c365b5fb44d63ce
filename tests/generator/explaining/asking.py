"""What tests of explanations have in common: routes, requests, and the explanation of a request."""

from __future__ import annotations

import json
from typing import Any

from llmd_routes.explaining.entrances import choose_door, find_doors
from llmd_routes.explaining.explain import explain
from llmd_routes.explaining.surroundings import Surroundings, surroundings
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.explanation import Explanation
from llmd_routes.model.requests import ClientRequest
from llmd_routes_sidecar.request_head import Request
from tests.generator.objects import Obj

CHAT = "/v1/chat/completions"


def route(name: str, *rules: Obj, hostnames: list[str] | None = None, created: str | None = None, **spec: Any) -> Obj:
    """Return an HTTPRoute of the Gateway gw."""
    metadata = {"name": name, "namespace": "ns"} | ({"creationTimestamp": created} if created else {})
    hosts = {"hostnames": hostnames} if hostnames else {}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": metadata,
        "spec": {"parentRefs": [{"name": "gw"}], "rules": list(rules), **hosts, **spec},
    }


def rule(*matches: Obj, to: str | None = "vllm", **more: Any) -> Obj:
    """Return a rule that leads to an InferencePool."""
    group = "inference.networking.k8s.io"
    backends = {"backendRefs": [{"group": group, "kind": "InferencePool", "name": to}]} if to else {}
    return {"matches": list(matches)} | backends | more


def match(path: str = "/v1", kind: str = "PathPrefix", **headers: str) -> Obj:
    """Return a match with exact headers; underscores in their names are dashes."""
    found: Obj = {"path": {"type": kind, "value": path}}
    if headers:
        found["headers"] = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return found


def around(objects: list[Obj], *, is_live: bool = True) -> Surroundings:
    """Return what explanations look up."""
    return surroundings(build_inventory(objects), objects, Scope(), is_live=is_live)


def client_request(
    body: Any = None, path: str = CHAT, method: str = "POST", host: str = "gw", port: int = 80, **headers: str
) -> ClientRequest:
    """Return a request; a body that is not text is sent as JSON."""
    content = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = {"content-type": "application/json"} if content else {}
    return ClientRequest("http", "gw", port, Request(method, host, path, tuple((kind | given).items())), content)


def explained(objects: list[Obj], request: ClientRequest, *, is_live: bool = False, gateway: str = "") -> Explanation:
    """Return the explanation of a request."""
    looked_up = around(objects, is_live=is_live)
    doors = find_doors(looked_up.inventory, looked_up.objects)
    return explain(request, choose_door(doors, [gateway] if gateway else [], request.address), looked_up)
