"""The table of the contract, by the service that a real Envoy asks over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sidecar.vectors import VECTORS, Vector

from .conftest import ROUTES
from .process import Envoy
from .sidecar import asking
from .test_vectors import arrives_as_wanted
from .upstream import Upstream


@pytest.fixture(scope="module")
def gateway(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    with asking(tmp_path_factory.mktemp("envoy"), behind.port, ROUTES, protocol="ext-authz") as running:
        yield running


# Envoy buffers a body before it asks, so it answers 413 only once it has received more than the limit.
LATE = "a declared length over the limit"


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.name != LATE], ids=lambda vector: vector.name)
def test_the_table(gateway: Envoy, behind: Upstream, vector: Vector) -> None:
    arrives_as_wanted(gateway, behind, vector, vector.wanted("ext-authz"))
