"""Boxes of a column never overlap, whatever leads where."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.drawing.layout import WIDTH, place
from llmd_routes.model.graph import Column, Edge, Graph, Node
from tests.generator.diagnosing.test_diagnose import healthy

from .pictures import SMALL, pictured

COLUMNS: tuple[Column, ...] = ("gateway", "rule", "pool", "picker", "pods")


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Return a picture with any number of boxes, and lines from each column to the next one."""
    counts = draw(st.lists(st.integers(0, 6), min_size=5, max_size=5))
    nodes: list[Node] = []
    edges: set[Edge] = set()
    for column, count in zip(COLUMNS, counts, strict=True):
        before = [node for node in nodes if COLUMNS.index(node.column) == COLUMNS.index(column) - 1]
        for _ in range(count):
            lines = ("x",) * draw(st.integers(0, 3))
            node = Node(f"n{len(nodes) + 1}", column, "about", "title", lines)
            nodes.append(node)
            sources = draw(st.sets(st.sampled_from(before), max_size=3)) if before else set()
            edges |= {Edge(source.key, node.key) for source in sources}
    return Graph(tuple(nodes), tuple(sorted(edges, key=lambda edge: (edge.source, edge.target))))


@given(graphs())
def test_nothing_overlaps_or_leaves_the_picture(graph: Graph) -> None:
    layout = place(graph)
    assert [box.node for box in layout.boxes] == list(graph.nodes)
    for column in COLUMNS:
        boxes = sorted((box for box in layout.boxes if box.node.column == column), key=lambda box: box.y)
        assert all(one.y + one.height < other.y for one, other in pairwise(boxes))
    assert all(
        box.x >= 0 and box.x + box.width <= WIDTH and box.y + box.height <= layout.height for box in layout.boxes
    )
    assert [line.edge for line in layout.lines] == list(graph.edges)
    assert all(line.x1 < line.x2 for line in layout.lines)


def test_a_way_without_branches_is_straight() -> None:
    assert all(abs(line.y1 - line.y2) <= 1 for line in place(SMALL).lines)


def test_rules_stand_beside_their_pools() -> None:
    graph, _ = pictured(healthy())
    layout = place(graph)
    keys = {node.key: node for node in graph.nodes}
    straight = [line for line in layout.lines if keys[line.edge.target].column in ("picker", "pods")]
    assert straight
    assert all(abs(line.y1 - line.y2) <= 1 for line in straight)
