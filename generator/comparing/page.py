"""Write a comparison as a page with plots; it needs no network. Pure."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import NamedTuple

from llmd_routes.output.templating import content_hash, new_environment, source

from .comparison import Comparison, cells, number, sentence
from .plots import Theme, draw_plot
from .replies import METRICS, Row
from .statistics import Summary


class Picture(NamedTuple):
    """A plot: its title, the addresses of its two images, and what a screen reader says about it."""

    title: str
    light: str
    dark: str
    words: str


def as_page(comparison: Comparison) -> str:
    """Return an HTML document. It may load nothing: its style is allowed by its digest, and images are inline."""
    style = source("common/page.css.j2") + source("comparison/page.css.j2")
    summaries = comparison.summaries
    return (
        new_environment(autoescape=True)
        .get_template("comparison/page.html.j2")
        .render(
            plan=comparison.plan,
            is_complete=comparison.is_complete,
            style=style,
            style_hash=content_hash(style),
            rows=[cells(summary) for summary in summaries],
            sentences=[sentence(difference) for difference in comparison.differences],
            pictures=[picture for row in METRICS if (picture := _picture(comparison, summaries, row)) is not None],
            errors={engine: comparison.errors(engine) for engine in comparison.plan.engines},
        )
    )


def _picture(comparison: Comparison, summaries: Sequence[Summary], row: Row) -> Picture | None:
    """Return the plot of a metric, None if no engine has it."""
    values = {engine: comparison.values(engine, row.metric) for engine in comparison.plan.engines}
    measured = {engine: given for engine, given in values.items() if given}
    if not measured:
        return None
    medians = [
        f"{each.engine} {number(each.median * row.factor)} {row.shown_unit}"
        for each in summaries
        if each.metric == row.metric
    ]
    words = f"Share of replies by {row.title}. Medians: {', '.join(medians)}."
    themes: tuple[Theme, Theme] = ("light", "dark")
    light, dark = (_address(draw_plot(row, measured, theme)) for theme in themes)
    return Picture(row.title.capitalize(), light, dark, words)


def _address(image: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(image.encode()).decode()}"
