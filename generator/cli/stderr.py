"""Print words for people to stderr: as wide as a terminal is, in colour only there; elsewhere a line stays one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

import click

from llmd_routes.terminal import one_line

if TYPE_CHECKING:
    from llmd_routes.notices import Notice
    from llmd_routes.output.messages import Message, Style
    from llmd_routes.problems import Problem

# The value of --color: auto, always or never.
_COLOUR: Final[ContextVar[str]] = ContextVar("colour", default="auto")
# The width of a terminal that does not report its own.
_COLUMNS: Final = 80
_QUIET: Final[ContextVar[bool]] = ContextVar("quiet", default=False)
_VERBOSE: Final[ContextVar[bool]] = ContextVar("verbose", default=False)


def color_option() -> click.Option:
    """Return the option --color, which takes effect as soon as it is parsed."""
    return click.Option(
        ["--color"],
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        is_eager=True,
        expose_value=False,
        callback=lambda _context, _option, value: _COLOUR.set(value),
        help="Color messages; auto means on a terminal, unless NO_COLOR is set.",
    )


def quiet_option() -> click.Option:
    """Return the option -q."""
    return _flag(["-q", "--quiet"], _QUIET, "Print only errors to stderr.")


def verbose_option() -> click.Option:
    """Return the option -v."""
    return _flag(["-v", "--verbose"], _VERBOSE, "Also print what was read, and the source of each fact, to stderr.")


def _flag(names: list[str], variable: ContextVar[bool], text: str) -> click.Option:
    """Return a flag that sets a variable as soon as it is parsed."""
    return click.Option(
        names,
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=lambda _context, _option, value: variable.set(value),
        help=text,
    )


def shows_progress() -> bool:
    """Return whether stderr is a terminal that can erase a line, and -q was not passed."""
    return _width() is not None and os.environ.get("TERM") != "dumb" and not _QUIET.get()


def is_quiet() -> bool:
    """Return whether -q was passed."""
    return _QUIET.get()


def print_details(lines: Callable[[], Iterable[str]]) -> None:
    """Print lines if -v was passed; they are not computed otherwise."""
    print_lines(lines() if _VERBOSE.get() else ())


def print_lines(lines: Iterable[str]) -> None:
    """Print lines with control characters escaped; print nothing with --quiet."""
    for line in () if _QUIET.get() else lines:
        click.echo(one_line(line), err=True)


def print_notices(notices: Iterable[Notice]) -> None:
    """Print notices by cause: warnings first."""
    from llmd_routes.output.messages import message_of

    print_messages(map(message_of, notices))


def print_errors(problems: Iterable[Problem]) -> None:
    """Print problems that prevent any output."""
    from llmd_routes.output.messages import Message

    print_messages(Message("error", problem) for problem in problems)


def print_messages(messages: Iterable[Message]) -> None:
    """Print messages by severity and cause."""
    from llmd_routes.output.messages import lay_out

    style = _style()
    shown = [message for message in messages if message.severity == "error" or not _QUIET.get()]
    for line in lay_out(shown, style):
        click.echo(line, err=True, color=style.colour)


def _style() -> Style:
    from llmd_routes.output.messages import Style

    width = _width()
    is_terminal = width is not None
    choice = _COLOUR.get()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    colour = choice == "always" or (choice == "auto" and is_terminal and not plain)
    return Style(width, colour)


def _width() -> int | None:
    """Return the width of stderr's terminal, or None without a terminal; stdout may be a pipe."""
    try:
        if not sys.stderr.isatty():
            return None
        columns = os.environ.get("COLUMNS", "")
        return int(columns) if columns.isdecimal() else os.get_terminal_size(sys.stderr.fileno()).columns or _COLUMNS
    except (AttributeError, ValueError):
        return None
    except OSError:
        return _COLUMNS
