"""Patterns that match one of several values."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.text.header_patterns import pattern_of, values_of

PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)


def test_dots_are_escaped() -> None:
    assert pattern_of(["Qwen/Qwen2.5-0.5B", "m"]) == r"^(Qwen/Qwen2\.5-0\.5B|m)$"


@given(st.lists(PRINTABLE, min_size=1, max_size=4, unique=True), PRINTABLE)
def test_a_pattern_matches_its_values_only(values: list[str], other: str) -> None:
    pattern = pattern_of(values)
    assert all(re.fullmatch(pattern, value) for value in values)
    assert bool(re.fullmatch(pattern, other)) == (other in values)
    assert values_of(pattern) == tuple(values)


@pytest.mark.parametrize("pattern", [".+", "a|b", "^(a.b)$", "^(a|)$", "^()$", "^(a", r"^(a\d)$", "^(a|b)$ ", "m"])
def test_any_other_pattern_has_no_values(pattern: str) -> None:
    assert values_of(pattern) == ()
