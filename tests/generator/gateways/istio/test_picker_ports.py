"""Service ports by which istio decides whether it speaks HTTP/2 to an endpoint picker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmd_routes.gateways.istio.picker_ports import pickers_without_http2, speaks_http2
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import EppPort

from .test_tls import backend, draft


@pytest.mark.parametrize(
    ("name", "protocol", "is_http2"),
    [
        ("grpc", None, True),
        ("grpc-ext-proc", None, True),
        ("http2-x", None, True),
        ("GRPC-Web-x", None, True),
        ("tcp", "kubernetes.io/h2c", True),
        ("", "grpc", True),
        ("grpc", "tcp", False),
        ("grpcs", None, False),
        ("http", None, False),
        ("https-x", None, False),
        ("tcp-ext-proc", None, False),
    ],
)
def test_name_and_protocol_of_a_port(name: str, protocol: str | None, is_http2: bool) -> None:
    assert speaks_http2(EppPort(9002, True, name, protocol)) == is_http2


def test_a_picker_is_reported_once() -> None:
    one = backend()
    assert one.epp is not None
    behind = replace(one, epp=replace(one.epp, ports=(EppPort(9002, True, "tcp-x"), EppPort(9003, False, "http"))))
    (notice,) = pickers_without_http2(draft(backends=(behind, behind)))
    assert (notice.code, notice.object) == ("picker-unreachable", "Service ns/epp")
    assert notice.message.startswith("port 9002 has the name tcp-x, for which istio does not speak HTTP/2")
    assert not list(pickers_without_http2(draft(backends=(one,))))
    assert behind.epp is not None
    elsewhere = replace(behind, epp=replace(behind.epp, workload=Ref("other", "Deployment", "epp")))
    objects = [each.object for each in pickers_without_http2(draft(backends=(behind, elsewhere)))]
    assert objects == ["Service ns/epp", "Service other/epp"]
