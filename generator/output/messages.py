"""Lay out errors and notices for people: one block for each cause, with the fix on a line of its own. Pure: lines out.

error: CAUSE [code]
  OBJECT, OBJECT: FACT
  fix: FIX
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from llmd_routes.notices import Notice, row_of
from llmd_routes.problems import Problem
from llmd_routes.terminal import one_line

Severity = Literal["error", "warning", "info"]
_ORDER: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "info": 2}
_COLOURS: Final[dict[str, str]] = {"error": "1;31", "warning": "1;33", "info": "1;34", "fix": "1;32"}
# Fixes with these prefixes are commands or options; they stay on one line so that they can be copied.
_COMMAND: Final = re.compile(r"(kubectl|llmd-routes|helm) |--")
_NARROWEST: Final = 40
# The number of objects that one line names.
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Style:
    """How lines are printed: `width` in columns, None for lines of any length; `colour` with ANSI escapes."""

    width: int | None = None
    colour: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A problem with its severity: an error prevents any output."""

    severity: Severity
    problem: Problem


@dataclass(frozen=True, slots=True)
class _Finding:
    """One fact about one object or more, with its fix."""

    objects: tuple[str, ...]
    fact: str
    fix: str


def message_of(notice: Notice, blocking: Iterable[Problem] = ()) -> Message:
    """Return the message of a notice, which is an error if it is among the blocking problems."""
    row = row_of(notice.code)
    severity: Severity = "error" if notice.problem in blocking else row.severity if row else "warning"
    return Message(severity, notice.problem)


def lay_out(messages: Iterable[Message], style: Style) -> list[str]:
    """Return the lines of messages: errors first, then warnings, then the rest, otherwise in the given order."""
    groups: dict[tuple[Severity, str, Problem | None], list[Problem]] = {}
    for message in sorted(messages, key=lambda each: _ORDER[each.severity]):
        code = message.problem.code
        # A problem without a code is never grouped.
        groups.setdefault((message.severity, code, None if code else message.problem), []).append(message.problem)
    return [line for (severity, *_), group in groups.items() for line in _block(severity, group, style)]


def _block(severity: Severity, group: Sequence[Problem], style: Style) -> Iterator[str]:
    """Yield the lines of the problems of one cause; a fix that they all share stands once, at their end."""
    findings = _merged(group)
    row = row_of(group[0].code)
    if row is None:
        head = ": ".join(filter(None, (*findings[0].objects, findings[0].fact)))
        yield from _wrapped(severity, f": {one_line(head)}", style)
    else:
        cause = row.cause.replace("{objects}", _counted(findings))
        yield from _wrapped(severity, f": {one_line(cause)} [{row.code}]", style)
    shared = len({finding.fix for finding in findings}) == 1
    for position, finding in enumerate(findings):
        if row is not None:
            names = _named(finding.objects, None if row.lists_all else _MOST_NAMED)
            yield from _wrapped("", one_line(f"{names}: {finding.fact}"), style, indent=2)
        if finding.fix and (not shared or position == len(findings) - 1):
            yield from _fix(finding.fix, style)


def _merged(group: Sequence[Problem]) -> list[_Finding]:
    """Return the facts of a group, each once with all of its objects; peers with one joint fact become one."""
    same: dict[tuple[frozenset[str], str, str], list[Problem]] = {}
    for problem in group:
        circle = frozenset((problem.object, *problem.peers)) if problem.joint else frozenset()
        same.setdefault((circle, problem.joint or problem.fact, problem.fix), []).append(problem)
    findings: dict[tuple[frozenset[str], str, str], dict[str, None]] = {}
    for (circle, fact, fix), problems in same.items():
        objects = dict.fromkeys(problem.object for problem in problems)
        is_joint = circle == set(objects)
        for problem in problems:
            key = (circle, fact, fix) if is_joint else (frozenset[str](), problem.fact, fix)
            findings.setdefault(key, {})[problem.object] = None
    return [_Finding(tuple(objects), fact, fix) for (_, fact, fix), objects in findings.items()]


def _counted(findings: Sequence[_Finding]) -> str:
    """Return the number and kind of the objects of findings, the name of a single one."""
    objects = list(dict.fromkeys(name for finding in findings for name in finding.objects))
    if len(objects) == 1:
        return objects[0]
    kinds = {name.partition(" ")[0] for name in objects}
    return f"{len(objects)} {kinds.pop()}s" if len(kinds) == 1 else f"{len(objects)} objects"


def _named(objects: Sequence[str], most: int | None) -> str:
    """Return the names of at most so many objects, without a kind that repeats, and the number of the others."""
    shown = objects[:most]
    kinds = [name.partition(" ")[0] if " " in name else "" for name in shown]
    names = [
        name.partition(" ")[2] if kind and position and kind == kinds[position - 1] else name
        for position, (name, kind) in enumerate(zip(shown, kinds, strict=True))
    ]
    return ", ".join(names) + (f" and {len(objects) - len(shown)} more" if len(objects) > len(shown) else "")


def _fix(fix: str, style: Style) -> list[str]:
    """Return the line of a fix, wrapped unless it is a command."""
    whole = Style(colour=style.colour) if _COMMAND.match(fix) else style
    return _wrapped("fix", f": {one_line(fix)}", whole, indent=2)


def _wrapped(word: str, rest: str, style: Style, indent: int = 0) -> list[str]:
    """Return the lines of a text that begins with a coloured word; words longer than a line stay whole."""
    lead = " " * indent
    painted = f"\x1b[{_COLOURS[word]}m{word}\x1b[0m" if word and style.colour else word
    if style.width is None:
        return [f"{lead}{painted}{rest}"]
    first, *more = textwrap.wrap(
        f"{word}{rest}",
        max(style.width, _NARROWEST),
        initial_indent=lead,
        subsequent_indent=f"{lead}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [f"{lead}{painted}{first[len(lead) + len(word) :]}", *more]
