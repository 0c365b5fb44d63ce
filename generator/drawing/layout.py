"""Place the boxes of a picture: columns from left to right, and each box beside those that lead to it. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from llmd_routes.model.graph import Column, Edge, Graph, Node

# In pixels: the left edge and the width of each column.
COLUMNS: Final[dict[Column, tuple[int, int]]] = {
    "gateway": (16, 220),
    "rule": (292, 300),
    "pool": (648, 270),
    "picker": (974, 260),
    "pods": (1290, 290),
}
WIDTH: Final = 1596
_TOP: Final = 48
_GAP: Final = 14
_TITLE: Final = 30
_LINE: Final = 16


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box stands, in pixels."""

    node: Node
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> float:
        """Return the vertical middle."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Line:
    """A curve between two boxes, from (x1, y1) to (x2, y2) in pixels."""

    edge: Edge
    x1: int
    y1: float
    x2: int
    y2: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The boxes and lines of a picture, and its size in pixels."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int


def place(graph: Graph) -> Layout:
    """Return where everything stands. Boxes of a column do not overlap, and keep their order where they can."""
    order = sorted(graph.column("rule"), key=_first_backend(graph))
    backwards = [Edge(edge.target, edge.source) for edge in graph.edges]
    boxes: dict[str, Box] = {}
    _stack(boxes, [(node, 0.0) for node in order])
    _stack(boxes, _beside(boxes, graph.column("pool"), graph.edges))
    # Boxes of pools may be higher than those of their rules, so each rule moves down to its pool.
    pools = {node.key: boxes[node.key] for node in graph.column("pool")}
    middles = {node.key: middle for node, middle in _beside(pools, order, backwards)}
    _stack(boxes, [(node, middles[node.key]) for node in order])
    for column in ("picker", "pods"):
        _stack(boxes, _beside(boxes, graph.column(column), graph.edges))
    # A Gateway stands beside its first rule, where a reader begins.
    firsts: dict[str, float] = {}
    for edge in graph.edges:
        firsts[edge.source] = min(boxes[edge.target].middle, firsts.get(edge.source, math.inf))
    _stack(boxes, [(node, firsts.get(node.key, 0.0)) for node in graph.column("gateway")])
    lines = [_line(boxes[edge.source], boxes[edge.target], edge) for edge in graph.edges]
    height = max((box.y + box.height for box in boxes.values()), default=_TOP) + _GAP
    return Layout(tuple(boxes[node.key] for node in graph.nodes), tuple(lines), WIDTH, height)


def _first_backend(graph: Graph) -> Callable[[Node], tuple[int, int, int]]:
    """Return a key that sorts rules by their Gateway, then by the first backend that they lead to."""
    places = {node.key: number for number, node in enumerate(graph.nodes)}
    targets: dict[str, int] = {}
    sources: dict[str, int] = {}
    for edge in graph.edges:
        targets.setdefault(edge.source, places[edge.target])
        sources.setdefault(edge.target, places[edge.source])
    return lambda node: (sources.get(node.key, 0), targets.get(node.key, len(places)), places[node.key])


def _beside(boxes: dict[str, Box], nodes: Sequence[Node], edges: Sequence[Edge]) -> list[tuple[Node, float]]:
    """Return boxes with the middle of those that lead to them, sorted by it."""
    before: dict[str, list[float]] = {}
    for edge in edges:
        if edge.source in boxes:
            before.setdefault(edge.target, []).append(boxes[edge.source].middle)
    wanted = [(node, sum(before[node.key]) / len(before[node.key]) if node.key in before else 0.0) for node in nodes]
    return sorted(wanted, key=lambda pair: pair[1])


def _stack(boxes: dict[str, Box], wanted: Sequence[tuple[Node, float]]) -> None:
    """Place boxes of one column below each other, as near to their wanted middle as those above leave room."""
    free = _TOP
    for node, middle in wanted:
        height = _TITLE + _LINE * len(node.lines)
        y = max(free, round(middle - height / 2))
        x, width = COLUMNS[node.column]
        boxes[node.key] = Box(node, x, y, width, height)
        free = y + height + _GAP


def _line(source: Box, target: Box, edge: Edge) -> Line:
    return Line(edge, source.x + source.width, source.middle, target.x, target.middle)
