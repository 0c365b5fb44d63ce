"""For which Service ports istio asks an endpoint picker: what is predicted, beside what Envoy does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from llmd_routes.gateways.istio.picker_ports import speaks_http2
from llmd_routes.model.inventory import EppPort
from tests.bench.scene.gateway import MODEL
from tests.bench.scene.scene import Scene
from tests.bench.waiting import until

VLLM = {"x-gateway-model-name": MODEL, "x-owned-by": "vllm"}
SERVICE = "gaie-vllm-qwen2-5-0-5b-epp"
ASKED = "x-went-into-resp-headers"


@pytest.fixture(scope="module")
def routed(scene: Scene) -> Iterator[Scene]:
    """The scene with routes; at the end the picker's Service has its port again, and the routes are gone."""
    service = scene.get("services", SERVICE)
    scene.apply(scene.generate("--body-to-header", "none"))
    scene.settle()
    yield scene
    set_ports(scene, service["spec"]["ports"])
    scene.clear()


def set_ports(scene: Scene, ports: list[dict[str, object]]) -> None:
    change = [{"op": "replace", "path": "/spec/ports", "value": ports}]
    scene.kubectl("patch", "service", SERVICE, "--type=json", "-p", json.dumps(change))


# Names and protocols in an order in which the answer changes each time.
@pytest.mark.parametrize(
    ("name", "protocol"),
    [
        ("tcp-x", None),
        ("http2", None),
        ("http", None),
        ("tcp-x", "kubernetes.io/h2c"),
        ("x", None),
        ("grpc-web", None),
        ("grpc", "tcp"),
        ("x", "grpc"),
        ("https", None),
        ("", "http2"),
    ],
)
def test_what_is_predicted_is_what_envoy_does(name: str, protocol: str | None, routed: Scene) -> None:
    port = {"port": 9002, "targetPort": 9002, "name": name, "appProtocol": protocol}
    set_ports(routed, [{key: value for key, value in port.items() if value}])
    is_asked = speaks_http2(EppPort(9002, True, name, protocol))
    gateway = routed.gateway()
    until(lambda: (ASKED in gateway.chat(VLLM).headers) is is_asked, f"the picker is {'' if is_asked else 'not '}asked")
