"""What reads a body sets headers, and each has a source."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.explaining.bodies import Read, read_body, with_headers
from llmd_routes.kube.objects import Ref
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.requests import ClientRequest
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.request_head import Request
from tests.sidecar.vectors import SETTINGS, VECTORS, Vector

from .asking import client_request

POLICY = Ref("ns", "EnvoyFilter", "x")
READING = BodyReading(POLICY, "in-gateway", settings=Settings(body_limit=200))


def read(body: Any = None, reading: BodyReading = READING, **more: Any) -> Read:
    return read_body(client_request(body, **more), reading)


@pytest.mark.parametrize(
    ("body", "more", "model", "owner"),
    [
        ({"model": "m"}, {}, ("m", "field model of the body"), ("default", "no engine in the body")),
        (
            {"model": "m", "owned_by": "SGLang"},
            {},
            ("m", "field model"),
            ("sglang", 'field owned_by of the body, "SGLang"'),
        ),
        ({"model": "m", "owned_by": None, "engine": "a"}, {}, ("m", "field model"), ("a", "field engine of the body")),
        ({"model": "m"}, {"x_owned_by": "a"}, ("m", "field model"), ("a", "header x-owned-by of the client")),
        ({"model": "m"}, {"path": "/v1/x?engine=a%62"}, ("m", "field model"), ("ab", "parameter engine of the query")),
        (
            None,
            {"path": "/v1/x?model=q", "method": "GET"},
            ("q", "parameter model of the query"),
            ("default", "no engine"),
        ),
        ({"model": 7}, {}, ("invalid", "field model of the body"), ("default", "no engine")),
        ({"model": "m", "engine": 7}, {}, ("m", "field model"), ("invalid", "field engine of the body")),
        ({}, {}, (None, "no model in the body"), (None, "no model, so no engine")),
        (None, {"method": "GET"}, (None, "no body, and no model in the query"), (None, "no model, so no engine")),
        ("a", {"content_type": "text/plain"}, (None, "a body of type text/plain is not read"), (None, "no model")),
    ],
)
def test_headers_and_their_sources(
    body: Any, more: Any, model: tuple[str | None, str], owner: tuple[str | None, str]
) -> None:
    found = read(body, **more)
    assert [header.name for header in found.headers] == ["x-gateway-model-name", "x-owned-by"]
    for header, (value, source) in zip(found.headers, (model, owner), strict=True):
        assert header.value == value
        assert header.source.startswith(source)
        assert found.head.values(header.name) == ([value] if value is not None else ())


def test_other_paths_keep_the_owner() -> None:
    found = read({"model": "m"}, path="/other", x_owned_by="a", x_gateway_model_name="b")
    assert [(header.name, header.value) for header in found.headers] == [("x-gateway-model-name", None)]
    assert found.head.values("x-owned-by") == ["a"]
    assert found.head.values("x-gateway-model-name") == ()


@pytest.mark.parametrize(
    ("body", "more", "status", "fix"),
    [
        ({"model": "m" * 200}, {}, 413, "send a smaller body"),
        ("{", {}, 400, "send a JSON object"),
        ("a", {"content_type": "multipart/form-data"}, 400, "send a valid form"),
        ("{}", {"content_encoding": "gzip"}, 415, "without content-encoding"),
        ({"model": "m"}, {"upgrade": "x", "connection": "upgrade"}, 400, "use GET"),
    ],
)
def test_rejected_requests_end_here(body: Any, more: Any, status: int, fix: str) -> None:
    outcome = read(body, **more).outcome
    assert outcome is not None
    assert (outcome.status, outcome.by) == (status, str(POLICY))
    assert fix in outcome.fix
    assert outcome.body.startswith('{"error"')


@pytest.mark.parametrize("body", ["{", {"model": "m" * 300}])
def test_a_policy_that_rejects_nothing_finds_no_model(body: Any) -> None:
    reading = BodyReading(POLICY, "in-gateway", settings=Settings(body_limit=200), rejects=False)
    found = read(body, reading)
    assert found.outcome is None
    assert [header.value for header in found.headers] == [None, None]


def test_forms_are_read_unless_the_policy_cannot() -> None:
    form = '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--b--\r\n'
    kind = "multipart/form-data; boundary=b"
    assert read(form, content_type=kind).headers[0].value == "m"
    unable = BodyReading(POLICY, "in-gateway", settings=Settings(), rejects=False, reads_forms=False)
    assert read(form, unable, content_type=kind).headers[0].value is None


def test_a_drawn_engine_is_a_doubt() -> None:
    reading = BodyReading(POLICY, settings=Settings(splits={"m": {"a": 1, "b": 9}}))
    found = read({"model": "m"}, reading)
    assert found.headers[1][1:] == ("b", "no engine in the body, the headers or the query, so it is drawn by weight")
    assert found.doubts == ("the engine is drawn by weight (a 1, b 9); this is the most likely one",)


def test_a_payload_processor_copies_fields_and_keeps_other_headers() -> None:
    reading = BodyReading(POLICY, copies={"model": "x-gateway-model-name", "owned_by": "x-owned-by"})
    found = read({"model": "m"}, reading, x_owned_by="a")
    assert [header[:2] for header in found.headers] == [("x-gateway-model-name", "m")]
    assert found.head.values("x-owned-by") == ["a"]
    failed = read("[", reading).outcome
    assert failed is not None
    assert failed.status == 400
    assert read(None, reading).headers == ()


def test_unknown_readers_are_a_doubt() -> None:
    assert read({"model": "m"}, BodyReading(POLICY)).doubts == (
        "EnvoyFilter ns/x may set headers; its settings are not in the input",
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_contract_is_applied_and_every_header_has_a_source(vector: Vector) -> None:
    request = ClientRequest("http", "gw", 80, vector.request, vector.body or b"")
    found = read_body(request, BodyReading(POLICY, settings=SETTINGS))
    wanted = vector.wanted()
    assert (found.outcome.status if found.outcome else None) == wanted.status
    assert all(header.source for header in found.headers)
    if found.outcome is None and wanted.read:
        headers = {header.name: header.value for header in found.headers}
        assert headers["x-gateway-model-name"] == wanted.model
        # What is drawn is a doubt.
        assert headers.get("x-owned-by", "kept") == wanted.owner or found.doubts
        assert found.head.path == wanted.path


def test_headers_are_replaced_in_any_case() -> None:
    head = Request("GET", "h", "/", (("X-A", "1"), ("B", "2")))
    assert with_headers(head, {"x-a": "3", "b": None}, "/p") == Request("GET", "h", "/p", (("x-a", "3"),))
