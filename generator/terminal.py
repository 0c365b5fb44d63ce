"""Text for a terminal: one line, whatever an object of the input holds. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Final

# Characters that change a terminal's output, besides those that JSON escapes: C1 controls, line separators, direction
# marks, and lone surrogates, which no stream can encode.
_HIDDEN: Final = "\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff"
_IN_JSON: Final = re.compile(f"[{_HIDDEN}]")
_CONTROL: Final = re.compile(f"[\x00-\x1f{_HIDDEN}]")
# Longer words are cut: Kubernetes names are shorter, and a word of a megabyte hides the message.
_MOST_IN_WORD: Final = 1000
_LONG: Final = re.compile(rf"\S{{{_MOST_IN_WORD + 1},}}+")


def one_line(text: str) -> str:
    r"""Return the text with control characters as escapes (a newline as `\n`), and long words cut."""
    return visible(_LONG.sub(lambda found: f"{found[0][:_MOST_IN_WORD]}...", text))


def visible(text: str) -> str:
    """Return the text with characters that affect a terminal's output escaped."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def json_text(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON, also valid as YAML, with all characters escaped that affect a terminal's output."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
