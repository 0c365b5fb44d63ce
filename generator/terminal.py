"""Text for a terminal: one line, whatever an object of the input holds. Pure."""

from __future__ import annotations

import re
from typing import Final

# Control characters of both sets, and the two separators that end a line in Unicode.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(text: str) -> str:
    r"""Return the text with control characters written as escapes: a newline as `\n`, an escape as `\x1b`."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
