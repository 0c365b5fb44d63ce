"""The table of the contract, by the service that a real Envoy asks over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmd_routes_sidecar.request_head import Request
from tests.sidecar.test_ext_authz_server import serving
from tests.sidecar.vectors import SETTINGS, VECTORS, Vector, with_whole_body

from .authz import cluster
from .client import call
from .conftest import ROUTES
from .process import Envoy, envoy
from .sidecar import asking, emitted
from .test_vectors import arrives_as_wanted
from .upstream import Upstream


@pytest.fixture(scope="module")
def gateway(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    with asking(tmp_path_factory.mktemp("envoy"), behind.port, ROUTES, protocol="ext-authz") as running:
        yield running


@pytest.mark.parametrize("vector", [*map(with_whole_body, VECTORS)], ids=lambda vector: vector.name)
def test_the_table(gateway: Envoy, behind: Upstream, vector: Vector) -> None:
    arrives_as_wanted(gateway, behind, vector, vector.wanted("ext-authz"))


def test_a_busy_service_is_told_from_a_refusal_by_the_status_only(behind: Upstream, tmp_path: Path) -> None:
    """Envoy replaces a 5xx of the service by a response of its own."""
    limits = ("--held-limit=50", f"--body-limit={SETTINGS.body_limit}", *(f"--hostname={h}" for h in SETTINGS.hosts))
    with (
        serving(*limits) as (_, port, _),
        envoy(tmp_path, behind.port, ROUTES, emitted(protocol="ext-authz"), further=[cluster(port)]) as busy,
    ):
        request = Request("POST", SETTINGS.hosts[0], "/v1/chat/completions", (("content-type", "application/json"),))
        assert call(busy.port, request, b'{"model": "m"}')[0] == 200
        status, headers, body = call(busy.port, request, b'{"model": "m"}'.ljust(200))
    assert (status, headers.get("retry-after"), body) == (503, None, b"")
