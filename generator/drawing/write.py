"""Choose the form of a picture. Pure: text out, no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.model.findings import Diagnosis
from llmd_routes.model.graph import Graph

from .build import build_graph
from .dot import as_dot
from .image import as_svg
from .mermaid import as_mermaid
from .page import as_page


def as_text(diagnosis: Diagnosis, doors: Sequence[Door], around: Surroundings, output: str) -> str:
    """Return the picture of a diagnosis as `mermaid`, `dot`, `svg` or `html`."""
    graph = build_graph(diagnosis, doors, around)
    if output == "html":
        return as_page(graph, diagnosis, title_of(graph))
    if output == "svg":
        return as_svg(graph, title_of(graph))
    return as_dot(graph) if output == "dot" else as_mermaid(graph)


def title_of(graph: Graph) -> str:
    """Return a title with the Gateways, the first of many."""
    names = [node.about for node in graph.column("gateway")]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"Routes of {', '.join(names[:2])}{more}"
