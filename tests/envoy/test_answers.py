"""The table of answers through the emitted EnvoyFilter in a real Envoy, with routes as a gateway makes them of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from llmd_routes.gateways.istio import ISTIO
from llmd_routes.gateways.lua import entries
from llmd_routes_sidecar.answers import ALLOWED, listing
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from llmd_routes_sidecar.served import Entry
from tests.sidecar.answer_vectors import CATALOG, SETTINGS, VECTORS, Vector
from tests.sidecar.catalogs import catalog_of

from .client import call
from .conftest import filter_of
from .process import Envoy, Obj, envoy
from .upstream import Upstream, read

NOBODY: Obj = {"direct_response": {"status": 500}}
ENGINE: Obj = {"route": {"cluster": "upstream", "timeout": "0s"}}


def header(name: str, value: str | None) -> Obj:
    return {"name": name, "present_match": True} if value is None else {"name": name, "string_match": {"exact": value}}


def below(path: str, *headers: Obj) -> Obj:
    return {"match": {"path_separated_prefix": path, "headers": list(headers)}}


PAIRS = [
    (entry.id, owner) for entry in CATALOG.entries for owner in (entry.owned_by, "default" if entry.is_default else "")
]
ROUTES: list[Obj] = [
    below("/v1/files") | ENGINE,  # of others
    below("/v1/models") | NOBODY,
    *(
        below("/v1", header(MODEL_HEADER, model), header(OWNER_HEADER, owner)) | ENGINE
        for model, owner in PAIRS
        if owner
    ),
    below("/v1", header(OWNER_HEADER, None)) | NOBODY,
    below("/v1") | NOBODY,
    {"match": {"prefix": "/"}, **ENGINE},  # of others
]


@pytest.fixture(scope="module")
def answering(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    folder: Path = tmp_path_factory.mktemp("answering")
    with envoy(folder, behind.port, ROUTES, filter_of(SETTINGS, CATALOG)) as running:
        yield running
        assert running.stat("http.llm.lua.errors") == 0


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(answering: Envoy, vector: Vector) -> None:
    status, headers, raw = call(answering.port, vector.request, vector.body)
    if vector.request.host == "example.org":
        # Its routes are those of others; here they are the same.
        assert (status, raw) == (500, b"")
    elif vector.out is None:
        assert (status, read(raw).length) == (200, len(vector.body or b""))
    else:
        check_answer(vector, status, headers, raw)


def check_answer(vector: Vector, status: int, headers: Mapping[str, str], raw: bytes) -> None:
    """Assert that the gateway itself answered as the table has it."""
    if "envoy" in vector.deviations:
        assert status == vector.deviations["envoy"]["status"]
    else:
        assert {"status": status, "body": json.loads(raw)} == vector.out
        assert headers["content-type"] == "application/json"
        assert headers.get("allow") == (", ".join(ALLOWED) if status == 405 else None)


def test_a_head_has_no_body(answering: Envoy) -> None:
    listed = next(vector for vector in VECTORS if vector.name.startswith("the list, "))
    _, _, raw = call(answering.port, listed.request)
    status, headers, nothing = call(answering.port, replace(listed.request, method="HEAD"))
    assert (status, headers["content-length"], nothing) == (200, str(len(raw)), b"")


def test_the_longest_list_that_a_filter_holds(behind: Upstream, tmp_path: Path) -> None:
    catalog = catalog_of(
        Entry(id=f"organisation/model-{number:03}%REQ(:path)%", owned_by="vllm") for number in range(350)
    )
    assert 50_000 < sum(map(len, entries(catalog))) < ISTIO.list_bytes
    with envoy(tmp_path, behind.port, ROUTES, filter_of(SETTINGS, catalog)) as running:
        listed = next(vector for vector in VECTORS if vector.name.startswith("the list, "))
        status, _, raw = call(running.port, listed.request)
        assert (status, raw.decode()) == (200, listing(catalog.served, "GET", "", None).body)


def test_what_others_have_a_route_for_is_theirs(answering: Envoy, behind: Upstream) -> None:
    """No model, an unknown one, an engine that does not serve it: all the same, where another route takes it."""
    for body in (b"{}", b'{"model": "nope"}', b'{"model": "org/spread", "owned_by": "tgi"}'):
        for request in (vector.request for vector in VECTORS if vector.request.method == "POST"):
            behind.forget()
            status, _, _ = call(answering.port, replace(request, path="/v1/files/1"), body)
            assert status == 200
            assert behind.heads.get(timeout=10).path == "/v1/files/1"


def test_a_failure_behind_a_route_of_others_stays_what_it_is(tmp_path: Path) -> None:
    with envoy(tmp_path, 1, [{"match": {"prefix": "/"}, **ENGINE}], filter_of(SETTINGS, CATALOG)) as running:
        unserved = next(vector for vector in VECTORS if vector.name == "an engine that does not serve the model")
        status, _, raw = call(running.port, unserved.request, unserved.body)
        assert (status, b"not served" in raw) == (503, False)
