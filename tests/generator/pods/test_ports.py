"""The ports that a pod serves on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.generator.objects import container, sidecar, vllm
from tests.generator.pods.building import serve


@pytest.mark.parametrize(
    ("ports", "scheme", "codes", "engine", "init"),
    [
        (
            (8000,),
            "http",
            [],
            vllm("m", "--port", "8200"),
            [sidecar("--port=8000", "--vllm-port=8200", "--secure-proxy=false")],
        ),
        (
            (54321,),
            "http",
            [],
            vllm("m", "--port", "8200"),
            [sidecar("--port=54321", "--vllm-port=8200", "--secure-proxy=false")],
        ),
        ((8000,), "https", [], vllm("m", "--port", "8200"), [sidecar("--vllm-port=8200")]),
        (
            (8000,),
            "http",
            ["port-conflict"],
            vllm("m", "--port", "8000"),
            [sidecar("--port=8000", "--vllm-port=8200", "--secure-proxy=false")],
        ),
        (
            (8000,),
            "http",
            ["port-conflict"],
            vllm("m", "--port", "8300"),
            [sidecar("--port=8000", "--model-server-port=8200", "--secure-proxy=false")],
        ),
        (
            tuple(range(8000, 8004)),
            "http",
            [],
            vllm("m", "--port", "8200"),
            [sidecar("--port=8000", "--data-parallel-size=4", "--secure-proxy=false")],
        ),
        ((8000,), "http", [], vllm("m", ports=[{"containerPort": 9000}, {"containerPort": 9001}]), []),
        ((9000,), "http", [], vllm("m", ports=[{"containerPort": 9000}]), []),
        (
            (9001,),
            "http",
            [],
            vllm("m", ports=[{"containerPort": 9000, "name": "x"}, {"containerPort": 9001, "name": "http"}]),
            [],
        ),
        ((8000,), "http", [], vllm("m", "--port", "8000", ports=[{"containerPort": 8200, "name": "vllm"}]), []),
        (
            (8000, 8001),
            "http",
            [],
            vllm("m", "--data-parallel-multi-port-external-lb", "--data-parallel-size-local", "2"),
            [],
        ),
        ((8000,), "http", [], vllm("m", "--data-parallel-hybrid-lb", "--data-parallel-size-local", "2"), []),
        ((8000,), "https", [], vllm("m", "--ssl-certfile", "/c", "--ssl-keyfile", "/k"), []),
        ((), "http", ["unreadable-port"], vllm("m", "--port", "$(PORT)", ports=[{"containerPort": 9000}]), []),
        ((), "http", ["unreadable-port"], container("x", "", ["sh", "-c"], ["vllm serve m --port $((8000+1))"]), []),
        (
            (),
            "http",
            ["unreadable-port"],
            vllm("m", "--data-parallel-multi-port-external-lb", "--data-parallel-size-local", "$(RANKS)"),
            [],
        ),
        ((), "http", ["unreadable-port"], vllm("m"), [sidecar("--port=$(PORT)", "--secure-proxy=false")]),
        ((), "http", ["unreadable-port"], vllm("m", "--port", "70000"), []),
        ((), "http", ["unreadable-port"], vllm("m", "--port", "x", ports=[{"containerPort": 9000}]), []),
        (
            (65534, 65535),
            "http",
            [],
            vllm("m", "--port=65534", "--data-parallel-multi-port-external-lb", f"--data-parallel-size-local={10**20}"),
            [],
        ),
        # Behind the sidecar the engine's own port does not matter.
        ((8000,), "http", [], vllm("m", "--port", "$(PORT)"), [sidecar("--secure-proxy=false")]),
        ((8000,), "https", [], vllm("m", readinessProbe={"httpGet": {"port": 8000, "scheme": "HTTPS"}}), []),
    ],
)
def test_ports(ports: tuple[int, ...], scheme: str, codes: list[str], engine: Any, init: list[Any]) -> None:
    found = serve(engine, init=init)
    assert (found.ports.numbers, found.ports.scheme, [problem[0] for problem in found.remarks]) == (
        ports,
        scheme,
        codes,
    )


def test_active_ports_annotation() -> None:
    assert serve(vllm("m"), annotations={"llm-d.ai/active-ports": "8001, 8000"}).ports.numbers == (8000, 8001)
