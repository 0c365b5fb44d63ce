"""The values of a picture: what stands on the ways from Gateways to pods, and what is wrong with it. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .findings import Finding

Column = Literal["gateway", "rule", "pool", "picker", "pods"]
State = Literal["ok", "unknown", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the picture.

    `key` is unique in it. `title` and `lines` are short texts, `details` the whole list behind them. `findings` are
    those about the object; its `state` is that of the worst one.
    """

    key: str
    column: Column
    about: str
    title: str
    lines: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    state: State = "ok"

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the title, the lines, and the findings with their severity."""
        return (self.title, *self.lines, *(f"{finding.severity}: {finding.fact}" for finding in self.findings))


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one box to another, by their keys."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes column by column and top to bottom, lines, and the findings that belong to no box."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    others: tuple[Finding, ...] = ()

    def column(self, column: Column) -> tuple[Node, ...]:
        """Return the boxes of a column, top to bottom."""
        return tuple(node for node in self.nodes if node.column == column)
