"""Fixtures: an API server with the CRDs of Envoy Gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.bench import Bench, Toolchain
from tests.bench.crds import ENVOY_GATEWAY as CRDS
from tests.bench.crds import Generation
from tests.bench.gobuild import ENVOY_GATEWAY, programs
from tests.bench.processes import Processes
from tests.bench.progress import Report

from .controller import NAMESPACE, envoy_gateway


@pytest.fixture(scope="session")
def program(bench_toolchain: Toolchain, bench_report: Report) -> Path:
    """Envoy Gateway, built on first use."""
    return programs(bench_toolchain.go, (ENVOY_GATEWAY,), bench_report)["envoy-gateway"]


@pytest.fixture(scope="session")
def server(open_generation: Callable[[Generation], Bench]) -> Bench:
    """The API server."""
    bench = open_generation(CRDS)
    bench.kubectl.must("create", "namespace", NAMESPACE)
    return bench


@pytest.fixture(scope="module")
def controller(server: Bench, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Envoy Gateway, which runs Lua.

    On one machine it runs the Envoy of one Gateway at a time, so each module has one, which is gone at the end.
    """
    folder = tmp_path_factory.mktemp("envoy-gateway")
    with envoy_gateway(program, server, folder) as running:
        yield running
        server.kubectl.must("delete", "gateways", "--all", "--all-namespaces")
