"""Concatenated JSON values with their lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.text.json_values import json_values
from llmd_routes.values import MAX_DEPTH, Refused

# Integers beyond 64 bits are decimal numbers, as kubectl reads them: `tests/generator/test_values.py` has their values.
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_values_come_back_in_order_with_their_lines(values: list[Any]) -> None:
    found = list(json_values("\n".join(json.dumps(value) for value in values), 0, 1))
    assert [each.value for each in found] == values
    assert [each.line for each in found] == list(range(1, len(values) + 1))


def test_of_equal_keys_the_last_counts_and_is_told() -> None:
    (found,) = json_values('{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}', 0, 7)
    assert found.value == {"a": 3, "b": {"c": 2}}
    assert sorted(found.duplicates) == [("a", 7), ("c", 7)]


def test_what_is_no_json_may_be_yaml() -> None:
    assert [each.value for each in json_values("{a: [1, x]}", 0, 1)] == [{"a": [1, "x"]}]
    with pytest.raises(Refused) as caught:
        list(json_values('{"a": 1,\n "b": }}', 0, 1))
    assert (caught.value.line, caught.value.problem[:12]) == (2, "invalid JSON")


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100_000])
def test_depth_is_bounded(depth: int) -> None:
    with pytest.raises(Refused, match=f"nested more than {MAX_DEPTH} levels deep"):
        list(json_values("[" * depth + "]" * depth, 0, 1))


def test_half_a_surrogate_pair_does_not_stay() -> None:
    (found,) = json_values(r'{"a": "\ud800"}', 0, 1)
    assert found.value == {"a": "?"}
