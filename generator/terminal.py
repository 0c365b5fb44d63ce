"""Text for a terminal: one line, whatever an object of the input holds. Pure."""

from __future__ import annotations

import re
from typing import Final

# Control characters of both sets, and the two separators that end a line in Unicode.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Longer words are cut: no name of Kubernetes is as long, and a word of a megabyte hides the message.
_MOST_IN_WORD: Final = 1000
_LONG: Final = re.compile(rf"\S{{{_MOST_IN_WORD + 1},}}+")


def one_line(text: str) -> str:
    r"""Return the text with control characters as escapes (a newline as `\n`), and long words cut."""
    short = _LONG.sub(lambda found: f"{found[0][:_MOST_IN_WORD]}...", text)
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], short)
