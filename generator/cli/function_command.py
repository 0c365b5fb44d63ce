"""A command whose options may stand in what it reads: the functionConfig of a ResourceList. Reads stdin."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from llmd_routes.errors import InputError

from .option_groups import RenamedOption, SectionedCommand


class FunctionCommand(SectionedCommand):
    """Takes options from a functionConfig, by their names in camel case; the command line and variables win."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read stdin before options are read, but not where only help is wanted."""
        from llmd_routes.output.resource_list import config_of
        from llmd_routes.reading.text_files import limit_of, read_text

        if not {"-h", "--help"} & set(args):
            # Of the command line and the variables only: the functionConfig is in what is read.
            given = super().make_context(info_name, list(args), parent, resilient_parsing=True)
            extra["obj"] = read_text(sys.stdin, limit_of(given.params["input_limit"]))
            extra["default_map"] = self._defaults(config_of(extra["obj"]))
        return super().make_context(info_name, args, parent, **extra)

    def _defaults(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by parameter. Raises InputError for what is no option."""
        known = {
            _camel(max(option.opts, key=len)): option for option in self.params if isinstance(option, click.Option)
        }
        former = {_camel(option.former): option for option in self.params if isinstance(option, RenamedOption)}
        unknown = sorted(set(given) - set(known) - set(former))
        if unknown:
            raise InputError(
                f"functionConfig: {', '.join(unknown)}: unknown option; use one of {', '.join(sorted(known))}"
            )
        accepted = {**former, **known}
        return {option.name or "": _value(option, given[name]) for name, option in accepted.items() if name in given}


def _camel(option: str) -> str:
    first, *rest = option.lstrip("-").split("-")
    return first + "".join(word.capitalize() for word in rest)


def _value(option: click.Option, value: Any) -> Any:
    """Return a value as click takes it; a repeatable option has a list, or words of a text."""
    if not option.multiple:
        return value
    return [str(one) for one in value] if isinstance(value, list) else str(value).split()


def with_place(error: click.ClickException) -> click.ClickException:
    """Return an error about a value with the place that gave it, if that is a functionConfig."""
    if not isinstance(error, click.BadParameter) or error.ctx is None or error.param is None:
        return error
    if error.ctx.get_parameter_source(error.param.name or "") is ParameterSource.DEFAULT_MAP:
        error.param_hint = f"functionConfig {_camel(max(error.param.opts, key=len))}"
    return error
