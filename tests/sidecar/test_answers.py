"""What clients are answered instead of an engine: the table, and what holds for any catalog and request."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from llmd_routes_sidecar.answers import MOST_NAMED, Answer, answer, listing, misfit, unknown
from llmd_routes_sidecar.catalog import Catalog, Entry
from llmd_routes_sidecar.extraction import decide

from .answer_vectors import CATALOG, SETTINGS, VECTORS, Vector, parsed
from .catalogs import catalog_of

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
ENTRIES = st.builds(Entry, id=NAMES, owned_by=st.sampled_from(("sglang", "tgi", "vllm")), is_default=st.booleans())


def answered(vector: Vector) -> Answer | None:
    """Return what the contract answers."""
    decision = decide(vector.request, SETTINGS, lambda weights: max(weights), vector.body)
    return answer(vector.request, decision, SETTINGS, CATALOG)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(vector: Vector) -> None:
    assert parsed(answered(vector)) == vector.out


@given(st.lists(ENTRIES), NAMES)
def test_an_entry_is_found_by_its_id_and_engine_and_by_nothing_else(entries: list[Entry], model: str) -> None:
    catalog = catalog_of(entries)
    for owner in ("sglang", "tgi", "vllm"):
        there = any((entry.id, entry.owned_by) == (model, owner) for entry in entries)
        assert (misfit(catalog, model, owner) is None) is there


@given(st.lists(ENTRIES, min_size=1), st.text(max_size=600))
def test_what_is_not_served_is_told_with_what_is(entries: list[Entry], model: str) -> None:
    catalog = catalog_of(entries)
    told = json.loads(unknown(catalog, model, None).body)["error"]["message"]
    assert told.isascii() and told.isprintable()
    named = sum(f"{entry.id} by {entry.owned_by}" in told for entry in catalog.entries)
    assert named >= min(len(catalog.entries), MOST_NAMED)
    assert ("more." in told[-6:]) is (len(catalog.entries) > MOST_NAMED)


@given(st.lists(ENTRIES))
def test_the_list_has_every_entry_once_and_in_order(entries: list[Entry]) -> None:
    listed = json.loads(listing(catalog_of(entries), "GET", "", None).body)["data"]
    pairs = [(one["id"], one["owned_by"]) for one in listed]
    assert pairs == sorted({(entry.id, entry.owned_by) for entry in entries})


PODS = {"namespace": "llm", "pool": "p", "selector": {"app": "a"}, "ports": [8000]}


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
