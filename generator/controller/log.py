"""Write what the controller does to stderr, as one JSON object on each line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

from llmd_routes.notices import Notice, row_of
from llmd_routes.problems import Problem
from llmd_routes.terminal import json_text

Level = Literal["info", "warning", "error"]
_LEVELS: Final[tuple[Level, ...]] = ("info", "warning", "error")


class Log:
    """A log; problems and notices are written when they appear and when they are resolved."""

    def __init__(self, stream: TextIO | None = None, least: Level = "info") -> None:
        """Write lines of level `least` and above to a stream, stderr by default."""
        self._stream = stream or sys.stderr
        self._least = _LEVELS.index(least)
        self._known: dict[Problem, Level] = {}

    def write(self, level: Level, message: str, **fields: Any) -> None:
        """Write a line, with further fields that are not empty."""
        if _LEVELS.index(level) < self._least:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"time": now, "level": level, "message": message, **{k: v for k, v in fields.items() if v}}
        print(json_text(line, None), file=self._stream, flush=True)

    def compare(self, problems: Iterable[Problem], notices: Iterable[Notice] = ()) -> list[Problem]:
        """Write new problems and notices since the last call, and those that are resolved.

        Returns the new problems, without information.
        """
        current: dict[Problem, Level] = {notice.problem: _level(notice) for notice in notices}
        current |= dict.fromkeys(problems, "error")
        new = {problem: level for problem, level in current.items() if problem not in self._known}
        for problem, level in new.items():
            self.write(level, problem.fact, object=problem.object, fix=problem.fix, code=problem.code)
        for problem in self._known.keys() - current.keys():
            self.write("info", f"no longer: {problem.fact}", object=problem.object, code=problem.code)
        self._known = current
        return [problem for problem, level in new.items() if level != "info"]


def _level(notice: Notice) -> Level:
    row = row_of(notice.code)
    return "info" if row is not None and row.severity == "info" else "warning"
