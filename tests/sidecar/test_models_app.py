"""The server that answers for models: the table, and what a server adds to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from starlette.types import ASGIApp

from llmd_routes_sidecar.answers import ALLOWED
from llmd_routes_sidecar.extraction import decide
from llmd_routes_sidecar.models_app import State, application
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from llmd_routes_sidecar.request_head import Request

from .answer_vectors import CATALOG, SETTINGS, VECTORS, Vector
from .asgi import INNER, ask

LIST = Request("GET", "llm.example.com", "/v1/models")


def app(origins: Sequence[str] = (), empty: bool = False) -> tuple[State, ASGIApp]:
    state = State()
    if not empty:
        state.take(CATALOG.served)
    return state, application(state, SETTINGS, origins, INNER)


def led_here(vector: Vector) -> Request:
    """Return the request as a gateway sends it on whose routes lead here."""
    decision = decide(vector.request, SETTINGS, lambda weights: max(weights), vector.body)
    if decision.keeps_owner:
        return vector.request
    rest = tuple((name, value) for name, value in vector.request.headers if name.lower() != OWNER_HEADER)
    told = ((MODEL_HEADER, decision.model), (OWNER_HEADER, decision.owner))
    return replace(
        vector.request, path=decision.path, headers=rest + tuple((name, value) for name, value in told if value)
    )


@pytest.mark.parametrize("vector", [each for each in VECTORS if each.out], ids=lambda vector: vector.name)
def test_the_table(vector: Vector) -> None:
    status, headers, raw = ask(app()[1], led_here(vector))
    assert {"status": status, "body": json.loads(raw)} == vector.out
    assert headers["content-type"] == "application/json"
    assert headers.get("allow") == (", ".join(ALLOWED) if status == 405 else None)


def test_what_is_served_and_led_here_is_to_be_asked_again() -> None:
    """Routes follow a catalog, or a catalog routes: in between the client is told to come back."""
    pair = ((MODEL_HEADER, "org/spread"), (OWNER_HEADER, "vllm"))
    status, headers, raw = ask(app()[1], Request("POST", "llm.example.com", "/v1/chat/completions", pair))
    assert (status, headers["retry-after"]) == (503, "1")
    assert json.loads(raw)["error"]["code"] == "not_routed_yet"


def test_a_body_that_no_gateway_reads() -> None:
    headers = (("content-type", "application/json"), ("content-length", str(SETTINGS.body_limit + 1)))
    request = Request("POST", "llm.example.com", "/v1/chat/completions", headers)
    status, _, raw = ask(app()[1], request)
    assert (status, json.loads(raw)["error"]["code"]) == (413, "request_too_large")


def test_pages_of_other_origins() -> None:
    origin = ("origin", "https://chat.example.com")
    preflight = Request(
        "OPTIONS",
        "llm.example.com",
        "/v1/chat/completions",
        (origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")),
    )
    allowing = app(["https://chat.example.com"])[1]
    status, headers, _ = ask(allowing, preflight)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://chat.example.com")
    assert "POST" in headers["access-control-allow-methods"]
    assert headers["access-control-allow-headers"] == "authorization"
    _, headers, _ = ask(allowing, replace(LIST, headers=(origin,)))
    assert headers["access-control-allow-origin"] == "https://chat.example.com"
    for other in (app()[1], app(["https://other.example.com"])[1]):
        assert ask(other, preflight)[0] == 400
        assert "access-control-allow-origin" not in ask(other, replace(LIST, headers=(origin,)))[1]


def test_it_is_ready_with_a_catalog() -> None:
    state, server = app(empty=True)
    assert ask(server, replace(LIST, path="/health"), INNER)[0] == 200
    assert ask(server, replace(LIST, path="/readyz"), INNER)[0] == 503
    assert ask(server, LIST)[0] == 503
    state.take(CATALOG.served)
    assert ask(server, replace(LIST, path="/readyz"), INNER)[0] == 200
    assert ask(server, LIST)[0] == 200


def test_metrics_are_counted_and_not_for_clients() -> None:
    _, server = app()
    ask(server, LIST)
    ask(server, replace(LIST, path="/v1/models/nope"))
    status, headers, raw = ask(server, replace(LIST, path="/metrics"), INNER)
    lines = raw.decode().splitlines()
    assert (status, headers["content-type"].split(";")[0]) == (200, "text/plain")
    assert 'llmd_routes_models_answers_total{status="200"} 1.0' in lines
    assert 'llmd_routes_models_answers_total{status="404"} 1.0' in lines
    assert f"llmd_routes_models_entries {len(CATALOG.entries)}.0" in lines
    assert ask(server, replace(LIST, path="/metrics"))[0] == 400
    assert ask(server, LIST, INNER)[0] == 404
