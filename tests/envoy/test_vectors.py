"""The table of the contract, through the emitted EnvoyFilter in a real Envoy."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from tests.sidecar.vectors import SETTINGS, VECTORS, Outcome, Vector

from .client import call
from .process import Envoy
from .upstream import Upstream, read


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(gateway: Envoy, behind: Upstream, vector: Vector) -> None:
    wanted = vector.wanted("lua")
    request, body = vector.request, vector.body
    if wanted.status is None and request.values("content-length"):
        request = replace(request, headers=tuple(h for h in request.headers if h[0].lower() != "content-length"))
    behind.forget()
    status, _, raw = call(gateway.port, request, body)
    assert status == (wanted.status or 200)
    if status != 200:
        return
    got = behind.heads.get(timeout=10)
    original = ", ".join(request.values(OWNER_HEADER)) or None
    owner = got.value(OWNER_HEADER)
    owner = "kept" if wanted.owner == "kept" and owner == original else owner
    if wanted.model in SETTINGS.splits and owner in SETTINGS.splits[wanted.model]:
        owner = wanted.owner
    assert Outcome(got.value(MODEL_HEADER), owner, got.path, None, wanted.read) == wanted
    assert got.value("x-matched") == ("model" if wanted.model else None)
    # Envoy leaves out the body of an upgrade that was answered otherwise.
    if not request.values("upgrade"):
        assert (read(raw).length, read(raw).digest) == (len(body or b""), hashlib.sha256(body or b"").hexdigest())
