"""Write a picture as SVG, for an image or as a part of a page. Pure.

Spec: https://www.w3.org/TR/SVG2/ and, for screen readers, https://www.w3.org/TR/svg-aam-1.0/
"""

from __future__ import annotations

from functools import cache
from typing import Final

from jinja2 import Environment

from llmd_routes.model.graph import Column, Graph, Node
from llmd_routes.output.templating import new_environment, source
from llmd_routes.terminal import one_line

from .layout import COLUMNS, place

# A sign for each state, because not everybody sees colours.
MARKS: Final = {"ok": "✓", "unknown": "?", "warning": "!", "error": "✕"}
WORDS: Final = {"ok": "no problem found", "unknown": "not read", "warning": "warning", "error": "error"}
HEADINGS: Final[dict[Column, str]] = {
    "gateway": "Gateway",
    "rule": "Rule: model, engine",
    "pool": "InferencePool",
    "picker": "Endpoint picker",
    "pods": "Pods",
}


def as_svg(graph: Graph, title: str) -> str:
    """Return an image that needs nothing else, for light and dark backgrounds."""
    return draw(graph, title, linked=False, style=source("graph/picture.css.j2"))


def draw(graph: Graph, title: str, *, linked: bool, style: str = "") -> str:
    """Return the element svg; boxes that are `linked` lead to the rows of a page."""
    layout = place(graph)
    headings = [(name, COLUMNS[column][0]) for column, name in HEADINGS.items()]
    template = environment().get_template("graph/picture.svg.j2")
    return template.render(layout=layout, title=title, headings=headings, marks=MARKS, linked=linked, style=style)


@cache
def environment() -> Environment:
    """Return the environment that fills templates of XML and HTML; every value is escaped."""
    made = new_environment(autoescape=True)
    made.filters["fitted"] = fitted
    made.filters["spoken"] = spoken
    return made


def fitted(text: str, width: float, per_char: float) -> str:
    """Return a text that fits into a width, both in pixels, with dots in place of its middle."""
    line = one_line(text)
    most = int(width / per_char)
    if len(line) <= most:
        return line
    kept = most - 1
    return f"{line[: kept - kept // 2]}…{line[len(line) - kept // 2 :]}"


def spoken(node: Node) -> str:
    """Return what a screen reader says about a box."""
    facts = [finding.fact for finding in node.findings]
    title = () if node.about.endswith(node.title) else (node.title,)
    return one_line(". ".join((f"{node.about}, {WORDS[node.state]}", *title, *node.lines, *facts)))
