"""Plots have a line for each engine, and the same values give the same plot."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

from llmd_routes.comparing.plots import draw_plot
from llmd_routes.comparing.replies import METRICS

VALUES = {"vllm": [0.1, 0.2, 0.3], "sglang $x$ <&": [0.2]}


def test_the_same_values_give_the_same_text() -> None:
    assert draw_plot(METRICS[0], VALUES, "light") == draw_plot(METRICS[0], VALUES, "light")
    assert draw_plot(METRICS[0], VALUES, "light") != draw_plot(METRICS[0], VALUES, "dark")


def test_lines_differ_by_colour_and_style() -> None:
    text = draw_plot(METRICS[0], VALUES, "light")
    assert fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "#0072b2" in text and "#b84a00" in text and "stroke-dasharray" in text


def test_more_engines_than_colours() -> None:
    assert draw_plot(METRICS[2], {f"e{number}": [float(number), 9.0] for number in range(12)}, "dark")
