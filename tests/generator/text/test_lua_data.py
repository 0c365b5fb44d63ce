"""Values at the beginning of a Lua program are read back as they were written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.gateways.lua import Value, literal
from llmd_routes.text.lua_data import read_assignments

SCALARS = st.text(max_size=8) | st.integers(-(10**9), 10**9) | st.booleans()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, min_size=1, max_size=3),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_what_is_written_as_lua_is_read_back(one: Value, other: Value) -> None:
    program = f"-- data\nlocal ONE = {literal(one)} -- {{ a comment\nlocal OTHER = {literal(other)}\nlocal f = print\n"
    assert read_assignments(program) == {"ONE": one, "OTHER": other}


@pytest.mark.parametrize(
    "statement", ["local B, C = 2, 3", 'local B = "x" .. A', "local B = nil or 3", "local B = A", "print(A)", "A = 2"]
)
def test_reading_ends_at_the_first_statement_without_a_plain_value(statement: str) -> None:
    assert read_assignments(f"local A = 1\n{statement}\nlocal E = 4") == {"A": 1}


def test_nil_and_tables_with_a_comma_at_their_end_are_read() -> None:
    assert read_assignments("local A = nil\nlocal B = {1, 'it\\'s',}") == {"A": None, "B": [1, "it's"]}


@given(st.text(alphabet="local ABx={}[]\",'\\-0123\n", max_size=60))
def test_no_text_makes_it_fail(program: str) -> None:
    assert isinstance(read_assignments(program), dict)


def test_deep_tables_end_the_reading() -> None:
    assert read_assignments(f"local A = 1\nlocal B = {'{' * 5000}") == {"A": 1}
