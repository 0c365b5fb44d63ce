"""Draw the distribution of a metric: for each value, the share of replies up to it. Pure: values in, SVG out."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from .replies import Row

Theme = Literal["light", "dark"]


class _Look(NamedTuple):
    """The colours of a theme: of text, of the grid, and of lines, which also differ by their style."""

    text: str
    grid: str
    lines: tuple[str, ...]


# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), which people with any colour vision can tell apart.
_LOOKS: Final[dict[Theme, _Look]] = {
    "light": _Look("#1f2328", "#d0d7de", ("#0072b2", "#b84a00", "#007d5a", "#a3487f")),
    "dark": _Look("#e6edf3", "#3d444d", ("#56b4e9", "#e69f00", "#2cc295", "#e29ac4")),
}
_STYLES: Final = ("solid", "dashed", "dashdot", "dotted", (0, (6, 1, 1, 1, 1, 1)))
# A plot in inches, of 72 points each.
_SIZE: Final = (7.2, 3.2)


def draw_plot(row: Row, values: Mapping[str, Sequence[float]], theme: Theme) -> str:
    """Return the plot of a metric with a line for each engine; the same values give the same text."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    look = _LOOKS[theme]
    with rc_context(_settings(look)):
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.add_subplot()
        for number, (engine, measured) in enumerate(values.items()):
            style = _STYLES[number % len(_STYLES)]
            color = look.lines[number % len(look.lines)]
            axes.ecdf([value * row.factor for value in measured], label=engine, color=color, linestyle=style)
        axes.set_xlabel(f"{row.title} ({row.shown_unit})")
        axes.set_ylabel("share of replies")
        axes.grid(visible=True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _settings(look: _Look) -> Any:
    """Return the settings of a theme; their type differs between versions of the library."""
    colors = dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), look.text)
    # A dollar sign in the name of an engine would begin a formula.
    return {**colors, "grid.color": look.grid, "svg.hashsalt": "llmd-routes", "text.parse_math": False}
