"""Write a picture in the DOT language of Graphviz. Pure.

Syntax: https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.model.graph import Column, Graph

_STYLES: Final = {
    "ok": 'color="#1a7f37"',
    "unknown": 'color="#6e7781", style="dashed"',
    "warning": 'color="#9a6700", penwidth=2, style="dashed"',
    "error": 'color="#cf222e", penwidth=3',
}
_COLUMNS: Final[tuple[Column, ...]] = ("gateway", "rule", "pool", "picker", "pods")


def as_dot(graph: Graph) -> str:
    """Return a directed graph from left to right; boxes of one column have one rank."""
    return "".join(f"{line}\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    yield "digraph routes {"
    yield '  rankdir=LR; node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif"];'
    for node in graph.nodes:
        label = _quoted("\n".join(node.texts))
        yield f"  {node.key} [label={label}, tooltip={_quoted(node.about)}, {_STYLES[node.state]}];"
    for edge in graph.edges:
        label = f" [label={_quoted(edge.label)}]" if edge.label else ""
        yield f"  {edge.source} -> {edge.target}{label};"
    for column in _COLUMNS:
        if keys := [node.key for node in graph.column(column)]:
            yield f"  {{ rank=same; {'; '.join(keys)}; }}"
    yield "}"


def _quoted(text: str) -> str:
    """Return a quoted string; the only escapes are those of quotes, backslashes and line ends."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.replace("\n", "\\n")
