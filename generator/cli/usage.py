"""Errors of click as problems: the word of the command line, the fact and the fix."""

from __future__ import annotations

import re
from typing import Final

import click
from click.core import ParameterSource

from llmd_routes.problems import Problem

_CHOICE: Final = re.compile(r"'(?P<value>.*)' is not (?:one of )?(?P<choices>'.*')\.?", re.DOTALL)
_EXTRA: Final = re.compile(r"Got unexpected extra arguments? \((?P<words>.*)\)", re.DOTALL)


def usage_problem(error: click.ClickException) -> Problem:
    """Return the problem of an error about the command line, an environment variable or a value of the settings."""
    match error:
        case click.NoSuchOption():
            return Problem(error.option_name, "unknown option", _nearest(error.possibilities, error))
        case click.exceptions.NoSuchCommand():
            return Problem(error.command_name, "unknown command", _nearest(error.possibilities, error))
        case click.BadOptionUsage():
            return Problem(error.option_name, "requires a value", f"see {_help(error)}")
        case click.MissingParameter():
            return Problem(_place(error), "missing", f"see {_help(error)}")
        case click.BadParameter():
            return _invalid_value(error)
    message = " ".join(error.format_message().split())
    if extra := _EXTRA.fullmatch(message):
        return Problem(extra["words"], "unexpected argument", f"remove it; see {_help(error)}")
    return Problem("", message[:1].lower() + message[1:].rstrip("."), "")


def _invalid_value(error: click.BadParameter) -> Problem:
    message = " ".join(error.message.split())
    if choice := _CHOICE.fullmatch(message):
        choices = choice["choices"].replace("'", "")
        return Problem(f"{_place(error)} {choice['value']}".strip(), "invalid value", f"use one of {choices}")
    if "is not a valid boolean" in message:
        return Problem(_place(error), "invalid value", "use true or false")
    return Problem(_place(error), f"invalid value: {message.rstrip('.')}", f"see {_help(error)}")


def _place(error: click.BadParameter) -> str:
    """Return the option, environment variable or settings key that has the value."""
    if error.param is None or error.ctx is None:
        return ""
    if not isinstance(error.param, click.Option):
        return error.param.human_readable_name.lower()
    source = error.ctx.get_parameter_source(error.param.name or "")
    if source is ParameterSource.ENVIRONMENT:
        variables = error.param.envvar
        return variables if isinstance(variables, str) else " or ".join(variables or ())
    longest = max(error.param.opts, key=len)
    if source is ParameterSource.DEFAULT_MAP:
        from .configuration import camel

        return f"{camel(longest)} in the settings"
    return longest


def _nearest(possibilities: list[str] | None, error: click.UsageError) -> str:
    return f"use {possibilities[0]}" if possibilities else f"see {_help(error)}"


def _help(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context is not None else 'llmd-routes'} --help"
