"""The table of the contract, through the emitted EnvoyFilter in a real Envoy."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from tests.sidecar.vectors import VECTORS, Outcome, Vector

from .client import call
from .process import Envoy
from .upstream import Upstream, outcome, read


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(reading: Envoy, behind: Upstream, vector: Vector) -> None:
    arrives_as_wanted(reading, behind, vector, vector.wanted("lua"))


def arrives_as_wanted(
    gateway: Envoy, behind: Upstream, vector: Vector, wanted: Outcome, *, is_marked: bool = True
) -> None:
    """Send a request of the table, and check what becomes of it: head, route, and every byte of its body.

    With `is_marked`, the route for requests with a model adds a header.
    """
    request, body = vector.request, vector.body
    if wanted.status is None and request.values("content-length"):
        request = replace(request, headers=tuple(h for h in request.headers if h[0].lower() != "content-length"))
    behind.forget()
    status, _, raw = call(gateway.port, request, body)
    assert status == (wanted.status or 200)
    if status != 200:
        return
    got = behind.heads.get(timeout=10)
    assert outcome(vector, got) == wanted
    assert got.value("x-matched") == ("model" if wanted.model and is_marked else None)
    # Envoy leaves out the body of an upgrade that was answered otherwise.
    if not request.values("upgrade"):
        assert (read(raw).length, read(raw).digest) == (len(body or b""), hashlib.sha256(body or b"").hexdigest())
