"""Write a picture as a page with its findings and a list of its objects; it needs no network. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from llmd_routes.model.findings import Diagnosis, Finding
from llmd_routes.model.graph import Graph, Node
from llmd_routes.output.templating import content_hash, source

from .image import MARKS, WORDS, draw, environment


def as_page(graph: Graph, diagnosis: Diagnosis, title: str) -> str:
    """Return an HTML document. It may load nothing: only its own style and script are allowed, by their digests."""
    style = source("common/page.css.j2") + source("graph/page.css.j2") + source("graph/picture.css.j2")
    script = source("graph/page.js.j2")
    return (
        environment()
        .get_template("graph/page.html.j2")
        .render(
            title=title,
            summary=summary(graph, diagnosis),
            style=style,
            script=script,
            style_hash=content_hash(style),
            script_hash=content_hash(script),
            findings=[(finding, _key_of(finding, graph.nodes)) for finding in diagnosis.findings],
            picture=draw(graph, title, linked=True),
            nodes=graph.nodes,
            targets=_targets(graph),
            marks=MARKS,
            words=WORDS,
        )
    )


def summary(graph: Graph, diagnosis: Diagnosis) -> str:
    """Return how many objects of each kind there are, and how many findings."""
    counts = [
        _count(len(graph.column("gateway")), "Gateway"),
        _count(len(graph.column("rule")), "rule"),
        _count(len(graph.column("pool")), "backend"),
        _count(sum(finding.severity == "error" for finding in diagnosis.findings), "error"),
        _count(sum(finding.severity == "warning" for finding in diagnosis.findings), "warning"),
    ]
    return ", ".join(counts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _key_of(finding: Finding, nodes: Sequence[Node]) -> str:
    """Return the key of the first box with this finding, "" if no box has it."""
    return next((node.key for node in nodes if finding in node.findings), "")


def _targets(graph: Graph) -> dict[str, list[Node]]:
    nodes = {node.key: node for node in graph.nodes}
    targets: dict[str, list[Node]] = {node.key: [] for node in graph.nodes}
    for edge in graph.edges:
        targets[edge.source].append(nodes[edge.target])
    return targets
