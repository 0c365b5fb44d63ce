"""The templates of the package, and how values stand in them. No decisions, no I/O but reading the package itself."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

from llmd_routes.terminal import json_text

_TEMPLATES: Final = "llmd_routes_templates"


@cache
def environment() -> Environment:
    """Return what fills the templates of the package."""
    made = Environment(
        loader=FunctionLoader(source), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    made.filters["scalar"] = _scalar
    made.filters["argument"] = _argument
    return made


def source(name: str) -> str:
    """Return the text of a file of the package of templates."""
    return files(_TEMPLATES).joinpath(name).read_text(encoding="utf-8")


def _argument(value: str) -> str:
    """Return an argument of a container as it stays: the kubelet reads `$(NAME)`, and `$$` as one sign."""
    return value.replace("$", "$$")


def _scalar(value: Any) -> str:
    """Return a scalar as JSON that is YAML too, so that `"on"` stays a string.

    jinja2's own filter would escape quotes and ampersands for HTML.
    """
    return json_text(value)
