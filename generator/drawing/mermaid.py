"""Write a picture as a flowchart of Mermaid, which GitHub and GitLab draw. Pure.

Syntax: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.model.graph import Graph

# GitHub draws at most so many lines, unless a setting allows more.
_MOST_EDGES: Final = 500
_STYLES: Final = {
    "ok": "stroke:#1a7f37,stroke-width:1px",
    "unknown": "stroke:#6e7781,stroke-width:1px,stroke-dasharray:4 3",
    "warning": "stroke:#9a6700,stroke-width:2px,stroke-dasharray:8 3",
    "error": "stroke:#cf222e,stroke-width:3px",
}

# Mermaid writes entities with a number sign.
_ENTITIES: Final = {char: f"#{ord(char)};" for char in "#&<>\"'`[]{}()|\\"}


def as_mermaid(graph: Graph) -> str:
    """Return the flowchart, with a class for each state of a box."""
    return "".join(f"{line}\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    if len(graph.edges) > _MOST_EDGES:
        yield f'%%{{init: {{"maxEdges": {len(graph.edges)}}}}}%%'
    yield "flowchart LR"
    for node in graph.nodes:
        yield f'  {node.key}["{"<br/>".join(map(_escaped, node.texts))}"]:::{node.state}'
    for edge in graph.edges:
        label = f"|{_escaped(edge.label)}|" if edge.label else ""
        yield f"  {edge.source} -->{label} {edge.target}"
    for state, style in _STYLES.items():
        yield f"  classDef {state} {style}"


def _escaped(text: str) -> str:
    """Return a text on one line, with entities for everything that Mermaid or HTML could interpret."""
    return "".join(_ENTITIES.get(char, char) for char in " ".join(text.split()))
