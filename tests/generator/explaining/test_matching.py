"""Matches accept requests, and are ranked, as HTTPRoute specifies and as implementations differ."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.explaining.matching import mismatch, shown_match, steps
from llmd_routes.gateways import by_name
from llmd_routes.model.precedence import Precedence
from llmd_routes_sidecar.request_head import Request

from .asking import match


def request(path: str, method: str = "POST", *headers: tuple[str, str]) -> Request:
    return Request(method, "gw", path, headers)


@pytest.mark.parametrize(
    ("kind", "value", "paths", "others"),
    [
        ("PathPrefix", "/v1", ["/v1", "/v1/", "/v1/a?b"], ["/v1a", "/v", "/"]),
        ("PathPrefix", "/v1/", ["/v1", "/v1/a"], ["/v1a"]),
        ("PathPrefix", "/", ["/", "/a"], []),
        ("Exact", "/v1", ["/v1", "/v1?a=1"], ["/v1/", "/v1/a"]),
        ("RegularExpression", "/v[12]/.*", ["/v1/a"], ["/v3/a", "/x/v1/a", "/v1"]),
        ("RegularExpression", "(", [], ["/(", "/"]),
    ],
)
def test_paths(kind: str, value: str, paths: list[str], others: list[str]) -> None:
    one = match(value, kind)
    assert [mismatch(one, request(path)) for path in paths] == [None] * len(paths)
    assert all((mismatch(one, request(path)) or "").startswith("the path is /") for path in others)


@pytest.mark.parametrize(
    ("condition", "headers", "wanted"),
    [
        ({"value": "a"}, [("X-A", "a")], None),
        ({"value": "a"}, [], "x-a is missing; it must be a"),
        ({"value": "a"}, [("x-a", "b")], "x-a is b; it must be a"),
        ({"value": "a"}, [("x-a", "a"), ("X-A", "b")], "x-a is a,b; it must be a"),
        ({"type": "RegularExpression", "value": "a|b"}, [("x-a", "b")], None),
        ({"type": "RegularExpression", "value": "a"}, [("x-a", "ab")], "x-a is ab; it must match a"),
        ({"type": "RegularExpression", "value": "*"}, [("x-a", "any")], None),
    ],
)
def test_headers(condition: Any, headers: list[tuple[str, str]], wanted: str | None) -> None:
    one = match() | {"headers": [{"name": "x-A", **condition}]}
    assert mismatch(one, request("/v1", "POST", *headers)) == wanted


def test_of_equal_header_names_the_first_counts() -> None:
    one = match() | {"headers": [{"name": "x-a", "value": "1"}, {"name": "X-A", "value": "2"}]}
    assert mismatch(one, request("/v1", "POST", ("x-a", "1"))) is None
    assert shown_match(one) == "path /v1, x-a=1"


def test_methods_and_parameters() -> None:
    one = match() | {"method": "GET", "queryParams": [{"name": "a", "value": "1"}]}
    assert mismatch(one, request("/v1?a=1", "POST")) == "the method is POST"
    assert mismatch(one, request("/v1?a=1&a=2", "GET")) is None
    assert mismatch(one, request("/v1?a=2&a=1", "GET")) == "the query parameter a is 2; it must be 1"
    assert mismatch(one, request("/v1?A=1", "GET")) == "the query parameter a is missing; it must be 1"


SPEC = Precedence()
ENVOY_GATEWAY = by_name("envoy-gateway").precedence


def wins(higher: Any, lower: Any, precedence: Precedence) -> bool:
    return [rank for _, rank in steps(higher, precedence)] > [rank for _, rank in steps(lower, precedence)]


def test_the_order_of_the_specification() -> None:
    ordered = [
        match("/v1/a", "Exact"),
        match("/v1/b"),
        match() | {"method": "GET"},
        match(a="1", b="2"),
        match(a="1") | {"queryParams": [{"name": "a", "value": "1"}]},
        match(a="1"),
        match("/"),
        match("/v1/long.*", "RegularExpression"),
    ]
    for higher, lower in pairwise(ordered):
        assert wins(higher, lower, SPEC), (higher, lower)
        assert not wins(lower, higher, SPEC)


def test_what_envoy_gateway_orders_differently() -> None:
    assert wins(match("/.*", "RegularExpression"), match("/v1/a"), ENVOY_GATEWAY)
    assert wins(match(a="1", b="2"), match() | {"method": "GET"}, ENVOY_GATEWAY)
    pattern = match() | {"headers": [{"name": "a", "type": "RegularExpression", "value": "1"}]}
    assert wins(match(a="1"), pattern, ENVOY_GATEWAY)
    assert not wins(match(a="1"), pattern, SPEC)
    assert wins(match("/v1/"), match(a="1"), ENVOY_GATEWAY)
    assert not wins(match("/v1/"), match(a="1"), SPEC)


def test_a_proxy_that_tries_routes_in_order_has_no_ranks() -> None:
    assert steps(match(a="1"), by_name("envoy").precedence) == ()


@given(
    st.dictionaries(st.sampled_from(["path", "headers", "method", "queryParams"]), st.text() | st.none(), max_size=4)
)
def test_no_match_makes_it_fail(one: dict[str, Any]) -> None:
    mismatch(one, request("/v1"))
    steps(one, SPEC)
    shown_match(one)
