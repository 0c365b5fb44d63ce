"""Load the templates of the package, and write values into them. No decisions, no I/O but reading the package."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

from llmd_routes.terminal import json_text
from llmd_routes.text.header_patterns import pattern_of

_TEMPLATES: Final = "llmd_routes_templates"
# Text that needs no quotes: it begins with a letter or a slash, or it is a duration such as 30s.
_PLAIN: Final = re.compile(r"[A-Za-z/](?:[\w./@+-]|:(?=[\w/]))*|[0-9]+(?:ms|[smh])", re.ASCII)
# Words that a YAML 1.1 or 1.2 parser reads as a boolean, null or a number.
_NOT_TEXT: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


@cache
def environment() -> Environment:
    """Return the environment that fills the templates of the package."""
    made = new_environment(autoescape=False)
    made.filters["scalar"] = _scalar
    made.filters["block"] = _block
    made.filters["argument"] = _argument
    made.filters["quoted"] = _quoted
    made.filters["digest"] = digest
    made.filters["pattern"] = pattern_of
    return made


def new_environment(*, autoescape: bool) -> Environment:
    """Return an environment with the templates of the package, which rejects undefined values."""
    return Environment(
        loader=FunctionLoader(source), undefined=StrictUndefined, autoescape=autoescape, keep_trailing_newline=True
    )


def source(name: str) -> str:
    """Return the text of a file of the package of templates."""
    return files(_TEMPLATES).joinpath(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """Return a digest of a configuration; as an annotation of pods it restarts them on a change."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def content_hash(text: str) -> str:
    """Return the digest of an inline style or script for a Content-Security-Policy (CSP level 2)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _argument(value: str) -> str:
    """Return an argument of a container with `$` escaped, because the kubelet expands `$(NAME)`."""
    return value.replace("$", "$$")


def _quoted(text: str) -> str:
    """Return printable text in single quotes, which keep backslashes and double quotes as they are."""
    return "'" + text.replace("'", "''") + "'" if text.isascii() and text.isprintable() else json_text(text)


def _block(text: str, indent: int) -> str:
    """Return a text as a literal block with indented lines, or as JSON if it cannot be one.

    Parsers differ in how they read other blocks: those that begin with a space or an empty line, or end with several.
    """
    lines = text.removesuffix("\n").split("\n")
    is_simple = text.endswith("\n") and all(line.isascii() and line.isprintable() for line in lines)
    if not is_simple or lines[0][:1] in ("", " ") or not lines[-1].strip():
        return json_text(text)
    margin = " " * indent
    return "\n".join(("|", *(f"{margin}{line}" if line else "" for line in lines)))


def _scalar(value: Any) -> str:
    """Return a scalar for YAML: text as it is where every YAML parser reads it as text, else as JSON.

    jinja2's own filter would escape quotes and ampersands for HTML.
    """
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    return json_text(value)
