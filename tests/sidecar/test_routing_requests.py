"""What requests of operators must contain."""

from __future__ import annotations

import json

import pytest

from llmd_routes_sidecar.routing import Pair, RefusedError
from llmd_routes_sidecar.routing_requests import LONGEST_BODY, pair_of_body, pair_of_query


def test_a_route_of_a_body() -> None:
    body = {"model": "org/m", "owned_by": "vllm", "service_name": "pool"}
    assert pair_of_body(json.dumps(body).encode()) == Pair("org/m", "vllm", "pool")
    for owned_by in (None, ""):
        assert pair_of_body(json.dumps(body | {"owned_by": owned_by}).encode()).owned_by is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the body"),
        (b"{", "the body"),
        (b"[]", "the body"),
        (b"\xff", "the body"),
        (b"{}", "model: Field required"),
        (b'{"model": "m"}', "service_name: Field required"),
        (b'{"model": 1, "service_name": "s"}', "model: "),
        (b'{"model": "", "service_name": "s"}', "model: "),
        (b'{"model": "m", "service_name": "s", "engine": "e"}', "engine: "),
    ],
)
def test_invalid_bodies(body: bytes, words: str) -> None:
    with pytest.raises(RefusedError) as caught:
        pair_of_body(body)
    assert caught.value.status == 422
    assert str(caught.value).startswith(words)
    assert str(caught.value).endswith("; send JSON with model, service_name and optionally owned_by")


def test_a_body_without_an_end() -> None:
    with pytest.raises(RefusedError) as caught:
        pair_of_body(b"x" * (LONGEST_BODY + 1))
    assert caught.value.status == 413


def test_a_route_of_a_query() -> None:
    assert pair_of_query("model=org%2Fm&owned_by=vllm") == Pair("org/m", "vllm")
    assert pair_of_query("model=m&owned_by=") == pair_of_query("model=m") == Pair("m", None)


@pytest.mark.parametrize("query", ["", "owned_by=vllm", "model=", "model=a&model=b", "model=m&engine=vllm"])
def test_invalid_queries(query: str) -> None:
    with pytest.raises(RefusedError) as caught:
        pair_of_query(query)
    assert caught.value.status == 422
