"""The table of the contract, by the sidecar in front of a real Envoy, in each way to send a body."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.sidecar.vectors import SETTINGS, VECTORS, Vector

from .client import call
from .conftest import ROUTES, filter_of
from .process import Envoy, Obj, envoy
from .sidecar import MODES, cluster, emitted, ext_proc, processor
from .upstream import Upstream, outcome, read


def asked_as(mode: str) -> Obj:
    """Return an EnvoyFilter that asks in another way than the emitted one, for gateways that can only that."""
    ours = filter_of(SETTINGS)
    for patch in ours["spec"]["configPatches"]:
        if patch["applyTo"] == "HTTP_FILTER":
            patch["patch"]["value"] = ext_proc(mode)
    return ours


@pytest.fixture(scope="module", params=["full duplex", *MODES])
def asking(
    request: pytest.FixtureRequest, behind: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Envoy]:
    folder = tmp_path_factory.mktemp("envoy")
    ours = asked_as(request.param) if request.param in MODES else emitted()
    with processor() as port, envoy(folder, behind.port, ROUTES, ours, further=[cluster(port)]) as running:
        yield running


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(asking: Envoy, behind: Upstream, vector: Vector) -> None:
    wanted = vector.wanted()
    request, body = vector.request, vector.body
    if wanted.status is None and request.values("content-length"):
        request = replace(request, headers=tuple(h for h in request.headers if h[0].lower() != "content-length"))
    behind.forget()
    status, _, raw = call(asking.port, request, body)
    assert status == (wanted.status or 200)
    if status != 200:
        return
    got = behind.heads.get(timeout=10)
    assert outcome(vector, got) == wanted
    assert got.value("x-matched") == ("model" if wanted.model else None)
    if not request.values("upgrade"):
        assert (read(raw).length, read(raw).digest) == (len(body or b""), hashlib.sha256(body or b"").hexdigest())
