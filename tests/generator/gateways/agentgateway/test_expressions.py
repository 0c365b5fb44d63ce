"""The expressions of agentgateway, over the table of the contract. The evaluator stands for the proxy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from llmd_routes.gateways.agentgateway.expressions import Assignment, assignments, condition, confirmations
from llmd_routes_sidecar.ext_authz import judge
from llmd_routes_sidecar.extraction import READ_HEADERS
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from llmd_routes_sidecar.request_head import Request
from tests.sidecar.vectors import SETTINGS, VECTORS, Vector, with_whole_body

from .cel import CelError, Query, evaluate

Outcome = tuple[str | None, str | None, str]


def outcome(expressions: Iterable[Assignment], request: dict[str, Any], path: str) -> Outcome:
    """Return the model header, the owner header and the path that a request has after the expressions."""
    headers = request["headers"]
    for name, expression in expressions:
        try:
            value = evaluate(expression, request)
        except CelError:
            value = None
        if name == ":path":
            path = value if value is not None else path
        elif value is None:
            headers.pop(name, None)
        else:
            headers[name] = value
    return headers.get("x-gateway-model-name"), headers.get("x-owned-by"), path


def request_of(vector: Vector, limit: int) -> dict[str, Any]:
    """Return a request as expressions see it: the first of equal headers counts, and long bodies have no value."""
    path, body = vector.request.path, vector.body or b""
    headers: dict[str, str] = {}
    for name, value in vector.request.headers:
        headers.setdefault(name.lower(), value)
    request: dict[str, Any] = {"headers": headers, "method": vector.request.method, "host": vector.request.host}
    request |= {"path": path.partition("?")[0], "pathAndQuery": path, "uri": Query(path)}
    return request | ({"body": body} if len(body) <= limit else {})


def wanted(vector: Vector) -> Outcome:
    """Return what becomes of a request. A refused request, and one with a form, has no model."""
    said = vector.wanted("agentgateway")
    is_form = any(value.lower().startswith("multipart/") for value in vector.request.values("content-type"))
    if said.status or is_form:
        return None, None, vector.request.path
    kept = next((value for value in vector.request.values("x-owned-by")), None)
    return said.model, kept if said.owner == "kept" else said.owner, said.path


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(vector: Vector) -> None:
    request = request_of(vector, SETTINGS.body_limit)
    assert outcome(assignments(SETTINGS), request, vector.request.path) == wanted(vector)


def by_service(vector: Vector) -> Outcome | int:
    """Return what becomes of a request if the service reads it, as agentgateway asks it: without the host."""
    path = vector.request.path
    request = request_of(vector, SETTINGS.body_limit)
    if evaluate(condition(SETTINGS), request):
        headers = tuple((name, request["headers"][name]) for name in READ_HEADERS if name in request["headers"])
        body = vector.body or b""
        if len(body) > SETTINGS.body_limit:
            headers = (*headers, ("x-envoy-auth-partial-body", "true"))
        asked = Request(vector.request.method, "service", path, headers)
        verdict = judge(asked, body[: SETTINGS.body_limit], replace(SETTINGS, hosts=()), lambda weights: min(weights))
        if verdict.status != 200:
            return verdict.status
        answered = dict(verdict.headers)
        request["headers"] |= {name: answered[name] for name in (MODEL_HEADER, OWNER_HEADER) if name in answered}
    return outcome(confirmations(SETTINGS), request, path)


# A service sees the first of equal headers only.
TWICE = "the header twice"


@pytest.mark.parametrize("vector", [*map(with_whole_body, VECTORS)], ids=lambda vector: vector.name)
def test_the_table_by_a_service(vector: Vector) -> None:
    said = vector.wanted("agentgateway" if vector.name == TWICE else "ext-authz")
    if said.status:
        assert by_service(vector) == said.status
        return
    kept = next((value for value in vector.request.values("x-owned-by")), None)
    assert by_service(vector) == (said.model, kept if said.owner == "kept" else said.owner, said.path)


def ask(path: str, body: str = '{"model": "m"}', **settings: Any) -> Outcome:
    """Return what becomes of a request with a JSON body."""
    chosen = replace(SETTINGS, hosts=(), **settings)
    request: dict[str, Any] = {"headers": {"x-gateway-model-name": "spoofed"}, "method": "POST", "host": "x"}
    request |= {"path": path.partition("?")[0], "pathAndQuery": path, "uri": Query(path), "body": body.encode()}
    return outcome(assignments(chosen), request, path)


def test_the_query_is_kept_on_request() -> None:
    assert ask("/v1/x?a=1&engine=vllm", keep_query=True) == ("m", "vllm", "/v1/x?a=1")
    assert ask("/v1/x?a=1&engine=vllm") == ("m", "vllm", "/v1/x")


def test_several_prefixes() -> None:
    prefixes = ("/v1", "/openai/v1")
    assert ask("/openai/v1/x", prefixes=prefixes)[0] == "m"
    assert ask("/openai/v1/models", prefixes=prefixes)[0] is None
    assert ask("/openai", prefixes=prefixes)[0] is None
    assert ask("/anything", prefixes=("/",))[0] == "m"


def test_a_header_of_the_client_never_names_the_model() -> None:
    assert ask("/v1/x", "{}") == (None, None, "/v1/x")
    assert ask("/other")[0] is None


def test_expressions_are_short_enough() -> None:
    """An expression has at most 16,384 characters."""
    many = tuple(f"/tenant-{number}/v1" for number in range(16))
    hosts = tuple(f"host-{number}.example.com" for number in range(16))
    for _, expression in assignments(replace(SETTINGS, prefixes=many, hosts=hosts)):
        assert len(expression) < 16_384
