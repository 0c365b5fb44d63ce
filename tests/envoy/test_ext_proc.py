"""The table of the contract, by the sidecar in front of a real Envoy, in each way to send a body."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sidecar.vectors import SETTINGS, VECTORS, Vector

from .conftest import ROUTES, filter_of
from .process import Envoy, Obj, envoy
from .sidecar import MODES, cluster, emitted, ext_proc, processor
from .test_vectors import arrives_as_wanted
from .upstream import Upstream


def asked_as(mode: str) -> Obj:
    """Return the emitted EnvoyFilter, or one that asks in another way, for gateways that can only that."""
    if mode not in MODES:
        return emitted()
    ours = filter_of(SETTINGS)  # its buffer has room for a body that is sent whole
    for patch in ours["spec"]["configPatches"]:
        if patch["applyTo"] == "HTTP_FILTER":
            patch["patch"]["value"] = ext_proc(mode)
    return ours


@pytest.fixture(scope="module", params=["full duplex", *MODES])
def asking(
    request: pytest.FixtureRequest, behind: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Envoy]:
    folder = tmp_path_factory.mktemp("envoy")
    with (
        processor() as port,
        envoy(folder, behind.port, ROUTES, asked_as(request.param), further=[cluster(port)]) as running,
    ):
        yield running


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(asking: Envoy, behind: Upstream, vector: Vector) -> None:
    arrives_as_wanted(asking, behind, vector, vector.wanted())
