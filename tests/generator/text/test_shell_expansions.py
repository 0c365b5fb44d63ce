"""Words are expanded as a shell would, as far as values are known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.text.shell_expansions import Variables, expand, kubelet_expand

KNOWN = Variables({"A": "x y", "B": "z", "E": ""}, {"L": ["1", "2 3"]}, ("first", "second one"))


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ("$B", ["z"]),
        ("$A", ["x", "y"]),
        ('"$A"', ["x y"]),
        ("'$A'", ["$A"]),
        ("a${B}c", ["azc"]),
        ("$E", []),
        ('"$E"', [""]),
        ("${N:-d e}", ["d", "e"]),
        ('"${N:-d e}"', ["d e"]),
        ("${E:-d}", ["d"]),
        ("${E-d}", []),
        ("${B:+yes}", ["yes"]),
        ("${N:+yes}", []),
        ("$N", ["$N"]),
        ("$(cmd x)", ["$(cmd x)"]),
        ('"${L[@]}"', ["1", "2 3"]),
        ('"$@"', ["first", "second one"]),
        ("$2", ["second", "one"]),
        ("\\$B", ["$B"]),
        ("a\\\nb", ["ab"]),
        ("${A:-'q}", ["x", "y"]),
    ],
)
def test_expansions(raw: str, fields: list[str]) -> None:
    assert expand(raw, KNOWN) == fields


@given(st.text(alphabet="AB '\"`$(){}:-\\[]@1", max_size=30))
def test_any_word_ends(raw: str) -> None:
    assert all(isinstance(field, str) for field in expand(raw, KNOWN))


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("$(A)-$(N)", "x-$(N)"), ("$$(A)", "$(A)"), ("$$A", "$$A"), ("$A", "$A"), ("$(A b)", "$(A b)")],
)
def test_the_kubelet_knows_one_form(text: str, expanded: str) -> None:
    assert kubelet_expand(text, {"A": "x"}) == expanded
