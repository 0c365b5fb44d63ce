"""The graph is valid DOT, and columns have one rank."""

from __future__ import annotations

from llmd_routes.drawing.dot import as_dot

from .pictures import SMALL


def test_boxes_and_lines() -> None:
    lines = as_dot(SMALL).splitlines()
    assert (lines[0], lines[-1]) == ("digraph routes {", "}")
    assert '  n1 [label="gw\\nistio", tooltip="Gateway ns/gw", color="#1a7f37"];' in lines
    assert "  n1 -> n2;" in lines
    assert '  n2 -> n3 [label="weight 1"];' in lines
    assert "  { rank=same; n2; }" in lines


def test_texts_end_where_their_quotes_end() -> None:
    (line,) = (line for line in as_dot(SMALL).splitlines() if line.startswith("  n3 [label"))
    rest, texts = line, 0
    while '"' in rest:
        rest = rest.partition('"')[2]
        while (mark := rest[0]) != '"':
            rest = rest[2:] if mark == "\\" else rest[1:]
        rest, texts = rest[1:], texts + 1
    assert (texts, rest) == (3, ", penwidth=3];")
