"""Scripts are split into words as a shell would, and nothing is run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.text.shell_words import skip_unit, words


def split(script: str) -> list[str]:
    return [word.text for word in words(script)]


@pytest.mark.parametrize(
    ("script", "parts"),
    [
        ("a  \\\nb\\\nc", ["a", "b\\\nc"]),
        ("a 'b c' \"d e\"", ["a", "'b c'", '"d e"']),
        ("a # b\nc", ["a", "\n", "c"]),
        ("a#b", ["a#b"]),
        ("a && b | c; (d)", ["a", "&", "&", "b", "|", "c", ";", "(", "d", ")"]),
        ("a > out 2>&1 b", ["a", "b"]),
        ("a <<EOF\nx y\nEOF\nb", ["a", "\n", "b"]),
        ("a <<-'E'\n\tx\n\tE\nb", ["a", "\n", "b"]),
        ("a <<< word b", ["a", "b"]),
        ("x=(1 2) y", ["x=(1 2)", "y"]),
        ("$(a (b) c) d", ["$(a (b) c)", "d"]),
        ("${a:-b c} d", ["${a:-b c}", "d"]),
        ("`a b` c", ["`a b`", "c"]),
        ("'open", ["'open"]),
        ("a\r\nb", ["a", "\n", "b"]),
    ],
)
def test_words(script: str, parts: list[str]) -> None:
    assert split(script) == parts


@given(st.text(alphabet="ab '\"`$(){}\\\n#<>|&;=-", max_size=40))
def test_any_text_ends_and_units_go_on(script: str) -> None:
    words(script)
    assert all(at < skip_unit(script, at) <= len(script) for at in range(len(script)))
