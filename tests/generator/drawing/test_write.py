"""Each form is chosen by its name."""

from __future__ import annotations

import pytest

from llmd_routes.drawing.write import as_text, title_of
from llmd_routes.explaining.entrances import find_doors
from llmd_routes.model.findings import Diagnosis
from llmd_routes.model.graph import Graph, Node
from tests.generator.diagnosing.test_diagnose import healthy
from tests.generator.explaining.asking import around


@pytest.mark.parametrize(
    ("output", "start"),
    [("mermaid", "flowchart LR"), ("dot", "digraph"), ("svg", "<svg "), ("html", "<!doctype html>")],
)
def test_forms(output: str, start: str) -> None:
    looked_up = around(healthy())
    doors = find_doors(looked_up.inventory, looked_up.objects)
    text = as_text(Diagnosis((), ()), doors, looked_up, output)
    assert text.startswith(start)
    assert text.endswith("\n")


def test_a_title_names_two_gateways() -> None:
    nodes = tuple(Node(f"n{number}", "gateway", f"Gateway ns/g{number}", "g") for number in range(4))
    assert title_of(Graph(nodes[:1], ())) == "Routes of Gateway ns/g0"
    assert title_of(Graph(nodes, ())) == "Routes of Gateway ns/g0, Gateway ns/g1 and 2 more"
