"""What engines see of bodies where they are not to see what those say of engines, through a real Envoy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from tests.sidecar.stripping import STRIPPED, STRIPPING, Stripped

from .client import call
from .conftest import ROUTES, filter_of
from .process import Envoy, envoy
from .sidecar import MODES, cluster, processor
from .test_ext_proc import asked_as
from .upstream import Upstream, read


@pytest.fixture(scope="module", params=["lua", "full duplex", *MODES])
def stripping(
    request: pytest.FixtureRequest, behind: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Envoy]:
    """A gateway that strips bodies itself, or lets a sidecar do so."""
    folder = tmp_path_factory.mktemp("envoy")
    ours = filter_of(STRIPPING) if request.param == "lua" else asked_as(request.param)
    with processor(STRIPPING) as port, envoy(folder, behind.port, ROUTES, ours, further=[cluster(port)]) as running:
        yield running


@pytest.mark.parametrize("row", STRIPPED, ids=lambda row: row.name)
def test_what_engines_see(stripping: Envoy, row: Stripped) -> None:
    status, _, raw = call(stripping.port, row.request, row.body)
    got = read(raw)
    assert (status, got.length) == (200, len(row.out))
    assert got.digest == hashlib.sha256(row.out).hexdigest()
