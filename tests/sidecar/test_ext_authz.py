"""The verdicts of the service that a gateway asks over HTTP, for every case of the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from llmd_routes_sidecar.ext_authz import Verdict, busy, failed, judge, too_long
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.request_head import Request

from .vectors import SETTINGS as VECTOR_SETTINGS
from .vectors import VECTORS, Vector

JSON = (("content-type", "application/json"),)
SETTINGS = Settings(body_limit=100)


def first(weights: object) -> str:
    raise AssertionError("nothing is split")


def smallest(weights: Mapping[str, int]) -> str:
    return min(weights)


def verdict(
    body: bytes = b"", path: str = "/v1/chat/completions", method: str = "POST", *more: tuple[str, str]
) -> Verdict:
    return judge(Request(method, "gw", path, (*JSON, *more)), body, SETTINGS, first)


def test_both_headers_are_always_set_for_requests_of_the_routes() -> None:
    found = verdict(b'{"model": "m", "owned_by": "vLLM"}')
    assert (found.status, found.outcome) == (200, "model")
    assert found.headers == (("x-gateway-model-name", "m"), ("x-owned-by", "vllm"))


def test_a_header_without_a_value_is_empty_and_removed() -> None:
    found = verdict(b'{"prompt": "x"}')
    assert found.outcome == "no_model"
    assert found.headers == (
        ("x-gateway-model-name", ""),
        ("x-owned-by", ""),
        ("x-envoy-auth-headers-to-remove", "x-gateway-model-name, x-owned-by"),
    )


def test_other_paths_lose_only_the_model() -> None:
    found = verdict(path="/other")
    assert (found.status, found.outcome) == (200, "not_ours")
    assert dict(found.headers).keys() == {"x-gateway-model-name", "x-envoy-auth-headers-to-remove"}


def test_the_query_names_the_model_of_a_request_without_a_body() -> None:
    assert dict(verdict(path="/v1/x?model=q", method="GET").headers)["x-gateway-model-name"] == "q"


@pytest.mark.parametrize(
    ("body", "more", "status", "outcome"),
    [
        (b"no json", (), 400, "refused"),
        (b"{}" + b" " * 100, (), 413, "too_large"),
        (b'{"model": "m"}', (("x-envoy-auth-partial-body", "true"),), 413, "too_large"),
        (b"x", (("content-encoding", "gzip"),), 415, "refused"),
    ],
)
def test_refusals(body: bytes, more: tuple[tuple[str, str], ...], status: int, outcome: str) -> None:
    found = verdict(body, "/v1/x", "POST", *more)
    assert (found.status, found.outcome, found.headers) == (status, outcome, JSON)
    assert json.loads(found.body)["error"]["message"]


def test_a_partial_body_that_is_not_read_passes() -> None:
    plain = Request("POST", "gw", "/v1/x", (("content-type", "text/plain"), ("x-envoy-auth-partial-body", "true")))
    assert judge(plain, b"x" * 10, SETTINGS, first).status == 200


def test_what_has_nothing_to_do_with_the_request() -> None:
    assert (too_long(SETTINGS).status, failed().status, busy().status) == (413, 500, 503)
    assert ("retry-after", "1") in busy().headers


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_every_vector(vector: Vector) -> None:
    wanted = vector.wanted()
    found = judge(vector.request, vector.body or b"", VECTOR_SETTINGS, smallest)
    headers = dict(found.headers)
    if wanted.status is not None:
        assert found.status == wanted.status
        return
    assert found.status == 200
    assert headers["x-gateway-model-name"] == (wanted.model or "")
    if wanted.owner == "kept":
        assert "x-owned-by" not in headers
    else:
        assert headers["x-owned-by"] == (wanted.owner or "")
