"""What is wrong with an object, and the fix: the value that errors and notices are printed from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# `Kind namespace/name: fact`, as messages name objects.
_OBJECT: Final = re.compile(r"([A-Z]\w+ [^:]+): (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a user should correct.

    `object` names the object, option or place, empty for the whole run. `fix` is a command, a field or an option.
    `code` is that of a notice, empty for none: problems of one code are printed together. `peers` are objects with the
    same problem because of each other, and `joint` is the fact about all of them.
    """

    object: str
    fact: str
    fix: str
    code: str = ""
    peers: tuple[str, ...] = ()
    joint: str = ""

    def __str__(self) -> str:
        """Return the problem on one line."""
        return "; ".join(filter(None, (": ".join(filter(None, (self.object, self.fact))), self.fix)))


def problem_of(line: str) -> Problem:
    """Return the problem of a line `OBJECT: FACT; FIX`; the fix is what follows the last semicolon."""
    before, _, fix = line.rpartition("; ")
    named = _OBJECT.fullmatch(before or line)
    where, fact = (named[1], named[2]) if named else ("", before or line)
    return Problem(where, fact, fix if before else "")
