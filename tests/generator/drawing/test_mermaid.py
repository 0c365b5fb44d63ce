"""The flowchart has every box and line, and no text is taken for syntax."""

from __future__ import annotations

import re

from llmd_routes.drawing.mermaid import as_mermaid
from llmd_routes.model.graph import Edge, Graph

from .pictures import NASTY, NODES, SMALL


def test_boxes_lines_and_states() -> None:
    lines = as_mermaid(SMALL).splitlines()
    assert lines[0] == "flowchart LR"
    assert lines[1] == '  n1["gw<br/>istio"]:::ok'
    assert "  n1 --> n2" in lines
    assert "  n2 -->|weight 1| n3" in lines
    assert [line.split()[1] for line in lines if "classDef" in line] == ["ok", "unknown", "warning", "error"]


def test_texts_have_no_character_with_a_meaning() -> None:
    (line,) = (line for line in as_mermaid(SMALL).splitlines() if line.startswith("  n3["))
    inner = line.removeprefix('  n3["').removesuffix('"]:::error')
    assert not set(inner.replace("<br/>", "")) & set('"<>`[]{}()|\\&')
    shown = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), inner)
    flat = " ".join(NASTY.split())
    assert shown == f"{flat}<br/>{flat}<br/>{flat}<br/>error: {flat}"


def test_many_lines_raise_the_limit() -> None:
    many = Graph(NODES, tuple(Edge("n1", "n2", str(number)) for number in range(501)))
    assert as_mermaid(many).startswith('%%{init: {"maxEdges": 501}}%%\nflowchart LR\n')
