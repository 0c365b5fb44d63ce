"""Write the command of this run again, as options of the command line."""

from __future__ import annotations

from typing import Final

import click
from click.core import ParameterSource

# Options that do not change the generated objects.
_NEUTRAL: Final = ("check", "color", "quiet", "verbose", "help")


def command_line(context: click.Context) -> list[str]:
    """Return the words of a command that generates the same: options in the order of the help.

    Values from the environment and the settings file are not included.
    """
    words = ["llmd-routes", context.info_name or ""]
    for option in context.command.params:
        name = option.name or ""
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and name not in _NEUTRAL:
            words += _words(option.opts[0], context.params[name])
    return words


def _words(option: str, value: object) -> list[str]:
    """Return an option with its value, once for each value; a flag without one, and nothing if it is off."""
    if isinstance(value, bool):
        return [option] if value else []
    values = value if isinstance(value, tuple) else (value,)
    return [word for each in values for word in (option, str(each))]
