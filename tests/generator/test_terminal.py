"""A line stays a line, whatever it holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.terminal import one_line


def test_control_characters_are_escaped() -> None:
    assert one_line("a\nb\x1b[31m\x9b\u2028c") == r"a\nb\x1b[31m\x9b\u2028c"


@given(st.text())
def test_any_text_is_one_line_and_stays_so(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line
