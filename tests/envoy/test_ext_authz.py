"""The table of the contract, by the service that a real Envoy asks over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.sidecar.vectors import VECTORS, Vector

from .authz import asking_filter, cluster, service
from .conftest import ROUTES
from .process import Envoy, envoy
from .test_vectors import arrives_as_wanted
from .upstream import Upstream


@pytest.fixture(scope="module")
def asking(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    folder = tmp_path_factory.mktemp("envoy")
    with (
        service() as port,
        envoy(folder, behind.port, ROUTES, asking_filter(), further=[cluster(port)]) as running,
    ):
        yield running


# Envoy buffers a body before it asks, so it answers 413 only once it has received more than the limit.
LATE = "a declared length over the limit"


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.name != LATE], ids=lambda vector: vector.name)
def test_the_table(asking: Envoy, behind: Upstream, vector: Vector) -> None:
    # The service cannot change the path. Envoy's query_parameter_mutations would: they decode and reorder what is left.
    arrives_as_wanted(asking, behind, vector, replace(vector.wanted("ext-authz"), path=vector.request.path))
