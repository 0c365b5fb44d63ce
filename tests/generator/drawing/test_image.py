"""The image is valid XML that loads nothing, and says everything in words too."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from llmd_routes.drawing.image import as_svg, fitted, spoken

from .pictures import NODES, SMALL

SVG = "{http://www.w3.org/2000/svg}"


def test_every_box_has_its_place_and_a_label() -> None:
    root = ElementTree.fromstring(as_svg(SMALL, "a <title>"))
    assert root.findtext(f"{SVG}title") == "a <title>"
    boxes = [each for each in root.iter(f"{SVG}g") if "node" in (each.get("class") or "")]
    assert [box.get("aria-label") for box in boxes] == [spoken(node) for node in NODES]
    assert {box.get("tabindex") for box in boxes} == {"0"}
    assert len(list(root.iter(f"{SVG}path"))) == 2


def test_it_refers_to_nothing() -> None:
    text = as_svg(SMALL, "title").replace("http://www.w3.org/2000/svg", "")
    assert "://" not in text
    assert "href" not in text
    assert "prefers-color-scheme: dark" in text


def test_a_state_has_a_sign_besides_its_colour() -> None:
    root = ElementTree.fromstring(as_svg(SMALL, "title"))
    assert [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "mark"] == ["✓", "✓", "✕"]


def test_what_is_said() -> None:
    assert spoken(NODES[0]) == "Gateway ns/gw, no problem found. istio"
    assert spoken(NODES[1]) == "HTTPRoute ns/r rule 1, no problem found. rule 1 of r. m, vllm"


@pytest.mark.parametrize(
    ("text", "shown"), [("short", "short"), ("a-long-name-with-a-hash", "a-lon…hash"), ("a\nb", "a\\nb")]
)
def test_long_texts_lose_their_middle(text: str, shown: str) -> None:
    assert fitted(text, 100, 10) == shown
