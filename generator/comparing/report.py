"""Show a comparison as a table, JSON, CSV or a page. Pure: values in, text out."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from typing import Any, Final

from llmd_routes.terminal import json_text, one_line

from .comparison import Comparison, cells, sentence
from .page import as_page
from .replies import METRICS, ROWS, Reply
from .statistics import Difference, Summary

# The most different errors of an engine that a table shows.
_MOST_ERRORS: Final = 3
HEAD: Final = ("ENGINE", "METRIC", "MEDIAN", "95% INTERVAL", "UNIT", "REPLIES")


def as_text(comparison: Comparison, output: str) -> str:
    """Return a comparison as `table`, `json`, `csv` or `html`, ending with a newline."""
    match output:
        case "json":
            return json_text(_as_data(comparison), 2) + "\n"
        case "csv":
            return _as_csv(comparison.replies)
        case "html":
            return as_page(comparison)
    return _as_table(comparison)


def _as_table(comparison: Comparison) -> str:
    rows = [HEAD, *map(cells, comparison.summaries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    sentences = [sentence(difference) for difference in comparison.differences]
    lines += ["", *sentences] if sentences else []
    errors = [line for engine in comparison.plan.engines for line in _errors(engine, comparison.errors(engine))]
    lines += ["", *errors] if errors else []
    return "\n".join([*map(one_line, lines), ""])


def _errors(engine: str, errors: dict[str, int]) -> list[str]:
    shown = [f"{engine}: {_count(count)}: {error}" for error, count in list(errors.items())[:_MOST_ERRORS]]
    rest = sum(list(errors.values())[_MOST_ERRORS:])
    return shown + ([f"{engine}: {_count(rest)} of other kinds; JSON and CSV have all"] if rest else [])


def _count(errors: int) -> str:
    return f"{errors} error{'' if errors == 1 else 's'}"


def _as_data(comparison: Comparison) -> dict[str, Any]:
    plan = comparison.plan
    return {
        "url": plan.url,
        "model": plan.model,
        "engines": list(plan.engines),
        "requests": plan.requests,
        "concurrency": plan.concurrency,
        "warmUp": plan.warm_up,
        "maxTokens": plan.max_tokens,
        "complete": comparison.is_complete,
        "summaries": [_summary(each) for each in comparison.summaries],
        "differences": [_difference(each) for each in comparison.differences],
        "errors": {engine: comparison.errors(engine) for engine in plan.engines},
    }


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "engine": summary.engine,
        "metric": ROWS[summary.metric].name,
        "unit": ROWS[summary.metric].unit,
        "replies": summary.count,
        "median": summary.median,
        "interval": [summary.low, summary.high],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "engines": [difference.first, difference.second],
        "metric": ROWS[difference.metric].name,
        "rounds": difference.count,
        "ratio": difference.ratio,
        "interval": [difference.low, difference.high],
        "p": None if math.isnan(difference.p) else difference.p,
        "better": difference.better,
    }


def _as_csv(replies: Iterable[Reply]) -> str:
    """Return one line for each reply."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["engine", "round", *(row.name for row in METRICS), "tokens", "error"])
    for reply in replies:
        values = [reply.value(row.metric) for row in METRICS]
        writer.writerow([reply.engine, reply.round, *values, reply.tokens, reply.error])
    return text.getvalue()
