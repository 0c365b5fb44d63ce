"""What clients are answered instead of an engine: the table, and what holds for any catalog and request."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from llmd_routes_sidecar.answers import MOST_NAMED, Answer, answer, listing, misfit, unknown
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import decide
from llmd_routes_sidecar.served import Entry, Served, as_object

from .answer_vectors import CATALOG, SETTINGS, VECTORS, Vector, parsed
from .catalogs import catalog_of

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
ENTRIES = st.builds(
    Entry, id=NAMES, owned_by=st.sampled_from(("sglang", "tgi", "vllm")), is_default=st.booleans(), more=st.just({})
)


def answered(vector: Vector) -> Answer | None:
    """Return what the contract answers."""
    decision = decide(vector.request, SETTINGS, lambda weights: max(weights), vector.body)
    return answer(vector.request, decision, SETTINGS, CATALOG.served)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(vector: Vector) -> None:
    assert parsed(answered(vector)) == vector.out


@given(st.lists(ENTRIES), NAMES)
def test_an_entry_is_found_by_its_id_and_engine_and_by_nothing_else(entries: list[Entry], model: str) -> None:
    catalog = catalog_of(entries)
    for owner in ("sglang", "tgi", "vllm"):
        there = any((entry.id, entry.owned_by) == (model, owner) for entry in entries)
        assert (misfit(catalog.served, model, owner) is None) is there


@given(st.lists(ENTRIES, min_size=1), st.text(max_size=600))
def test_what_is_not_served_is_told_with_what_is(entries: list[Entry], model: str) -> None:
    catalog = catalog_of(entries)
    told = json.loads(unknown(catalog.served, model, None).body)["error"]["message"]
    assert told.isascii() and told.isprintable()
    named = sum(f"{entry.id} by {entry.owned_by}" in told for entry in catalog.entries)
    assert named >= min(len(catalog.entries), MOST_NAMED)
    assert ("more." in told[-6:]) is (len(catalog.entries) > MOST_NAMED)


@given(st.lists(ENTRIES))
def test_the_list_has_every_entry_once_and_in_order(entries: list[Entry]) -> None:
    listed = json.loads(listing(catalog_of(entries).served, "GET", "", None).body)["data"]
    pairs = [(one["id"], one["owned_by"]) for one in listed]
    assert pairs == sorted({(entry.id, entry.owned_by) for entry in entries})


LOADED = Entry("loaded", "vllm", more={"created": 7, "root": "base", "available": True, "routed": False})
LIVE = Served((Entry("base", "vllm", True, {"available": False}), Entry("z", "vllm")), (LOADED,))


def test_what_is_loaded_and_not_routed_is_shown_and_is_no_available_pair() -> None:
    listed = json.loads(listing(LIVE, "GET", "", None).body)["data"]
    assert listed == [as_object(LIVE.entries[0]), as_object(LOADED), as_object(LIVE.entries[1])]
    assert json.loads(listing(LIVE, "GET", "/loaded", None).body) == as_object(LOADED)
    wanted = {"id": "loaded", "object": "model", "created": 7, "owned_by": "vllm", "root": "base"}
    assert as_object(LOADED) == {**wanted, "available": True, "routed": False}
    refused = misfit(LIVE, "loaded", "vllm")
    assert refused is not None and refused.status == 404
    assert refused.body.count("loaded") == 1 and "Served are: base by vllm, z by vllm." in refused.body


def test_the_list_of_an_engine_is_made_once() -> None:
    assert LIVE.listed("vllm") is LIVE.listed("vllm")
    assert json.loads(LIVE.listed("tgi"))["data"] == []


PODS = {"namespace": "llm", "selector": {"app": "a"}, "ports": [8000]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"owned_by": "vllm", "models": [{"id": "é"}]},
        {"owned_by": "vllm", "models": [{"id": ""}]},
        {"owned_by": "default", "models": []},
        {"owned_by": "vllm"},
        {"owned_by": "vllm", "models": [], "more": 1},
        # An empty selector would take all pods of the namespace.
        {"owned_by": "vllm", "models": [], "pods": {**PODS, "selector": {}}},
        {"owned_by": "vllm", "models": [], "pods": {**PODS, "ports": []}},
        {"owned_by": "vllm", "models": [], "pods": {**PODS, "ports": [0]}},
        {"owned_by": "vllm", "models": [], "pods": {**PODS, "scheme": "file"}},
    ],
)
def test_a_catalog_holds_only_what_requests_can_name_and_pools_can_select(wrong: dict[str, object]) -> None:
    assert Catalog.model_validate({"services": [{"owned_by": "vllm", "models": [{"id": "m"}], "pods": PODS}]})
    with pytest.raises(ValidationError):
        Catalog.model_validate({"services": [wrong]})
