"""The extractor in Lua answers as the contract does, to the byte."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes_sidecar.answers import answer
from llmd_routes_sidecar.extraction import decide
from llmd_routes_sidecar.request_head import Request
from llmd_routes_sidecar.served import Entry
from tests.generator.luajit import Filter
from tests.sidecar.answer_vectors import CATALOG, SETTINGS, VECTORS, Vector, parsed
from tests.sidecar.catalogs import catalog_of


@pytest.fixture(scope="module", params=["luajit21", "lua51"])
def lua(request: pytest.FixtureRequest) -> Filter:
    return Filter(SETTINGS, request.param, CATALOG)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(lua: Filter, vector: Vector) -> None:
    assert parsed(lua.answer(vector.request, vector.body)) == vector.out


ORGANISATIONS = st.sampled_from(["", "org/", "Org/", "x/y/"])
MODELS = st.builds(str.__add__, ORGANISATIONS, st.text('aAbB1"\\', min_size=1, max_size=5))
OWNERS = st.sampled_from(["sglang", "tgi", "vllm"])
ENTRIES = st.lists(
    st.builds(Entry, id=MODELS, owned_by=OWNERS, is_default=st.booleans(), more=st.just({})), min_size=1, max_size=15
)
PATHS = st.sampled_from(["/v1/models", "/v1/models/", "/v1/models?owned_by=tgi", "/v1/x", "/v1/x?engine=tgi", "/v1"])
METHODS = st.sampled_from(["GET", "POST", "HEAD", "DELETE", "OPTIONS"])


@given(ENTRIES, MODELS | st.text(st.characters(max_codepoint=255)), PATHS, METHODS, OWNERS | st.none())
def test_any_catalog_and_request(
    entries: Sequence[Entry], model: str, path: str, method: str, owner: str | None
) -> None:
    catalog = catalog_of(entries)
    quoted = "".join(f"%{byte:02X}" for byte in model.encode("latin-1"))
    headers = (("x-owned-by", owner),) if owner else ()
    lua = Filter(SETTINGS, catalog=catalog)
    for each in (f"/v1/models/{quoted}", f"/v1/x?model={quoted}", path):
        request = Request(method, "llm.example.com", each, headers)
        # Nothing of these catalogs is spread, so nothing is drawn.
        decision = decide(request, SETTINGS, lambda weights: "vllm")
        assert lua.answer(request) == answer(request, decision, SETTINGS, catalog.served)
