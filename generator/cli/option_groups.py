"""Options that stand together, as one decorator of a command, and the variables that stand for options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import click
from click.core import ParameterSource

# Options that mean something else in each command have no variable.
_NEVER: Final = ("output", "help")
PREFIX: Final = "LLMD_ROUTES_"

Command = Callable[..., Any]


def group(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return what adds options to a command; its help shows them in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


class LateChoice(click.Choice[str]):
    """A choice among names that are looked up when they are needed, so that `--help` of all commands needs none."""

    def __init__(self, names: Callable[[], Sequence[str]]) -> None:
        self.case_sensitive = True
        self._names = names

    @property
    def choices(self) -> Sequence[str]:  # type: ignore[override]
        """Return the names."""
        return tuple(self._names())


def name_variables(command: click.Command) -> None:
    """Let variables of the environment stand for options: `LLMD_ROUTES_GATEWAY` for `--gateway`, which wins.

    Several values of a repeatable option are separated by white space. A variable that an option has already comes
    after ours.
    """
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in _NEVER:
            longest = max(option.opts, key=len)
            name = PREFIX + longest.lstrip("-").upper().replace("-", "_")
            option.envvar = [name, option.envvar] if isinstance(option.envvar, str) else name


def with_variable(error: click.ClickException) -> click.ClickException:
    """Return an error about a value with the name of the variable that gave it, if one did."""
    if not isinstance(error, click.BadParameter) or error.ctx is None or error.param is None:
        return error
    if error.ctx.get_parameter_source(error.param.name or "") is ParameterSource.ENVIRONMENT:
        names = [error.param.envvar] if isinstance(error.param.envvar, str) else [*(error.param.envvar or ())]
        error.param_hint = " or ".join(names)
    return error
