"""The templates of the package, and how values stand in them. No decisions, no I/O but reading the package itself."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

_TEMPLATES: Final = "llmd_routes_templates"
# What JSON writes as it is and YAML does not take so, or reads as the end of a line.
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@cache
def environment() -> Environment:
    """Return what fills the templates of the package."""
    made = Environment(
        loader=FunctionLoader(_source), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    made.filters["scalar"] = _scalar
    made.filters["argument"] = _argument
    return made


def _source(name: str) -> str:
    return files(_TEMPLATES).joinpath(name).read_text(encoding="utf-8")


def _argument(value: str) -> str:
    """Return an argument of a container as it stays: the kubelet reads `$(NAME)`, and `$$` as one sign."""
    return value.replace("$", "$$")


def _scalar(value: Any) -> str:
    """Return a scalar as JSON that is YAML too, so that `"on"` stays a string.

    jinja2's own filter would escape quotes and ampersands for HTML.
    """
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
