"""Options in sections of the help, each as one decorator of a command, and environment variables for options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click

# Options whose meaning differs between commands have no environment variable and no key in a settings file.
_REQUEST: Final = ("method", "headers", "data", "json", "form", "curl")
# A probe costs tokens, so only the command line asks for it.
_PROBE: Final = ("probe", "probe_url", "probe_headers")
# How long `status` waits; its name is also the former one of --route-timeout.
_WAITING: Final = ("limit",)
# A comparison costs tokens too.
_COMPARISON: Final = ("model", "engines", "prompts", "max_tokens", "requests", "concurrency", "warm_up", "time_limit")
_NEVER: Final = ("output", "help", *_REQUEST, *_PROBE, *_WAITING, *_COMPARISON)
NOT_IN_FILES: Final = (*_NEVER, "config")
PREFIX: Final = "LLMD_ROUTES_"

# The sections of the help, in order. Options without a section go into the last one.
SECTIONS: Final = (
    "Request",
    "Measurement",
    "Input",
    "Cluster",
    "Gateway",
    "Routing",
    "Endpoint pickers",
    "Body-based routing",
    "Models list",
    "Probe",
    "Controller",
    "Output",
)
SECTION: Final = "llmd_routes_section"

Command = Callable[..., Any]


def section(title: str, *options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return a decorator that adds options to a command, in this order, under a title of its help."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
            parameters: list[click.Parameter] = command.__click_params__  # type: ignore[attr-defined]
            setattr(parameters[-1], SECTION, title)
        return command

    return add


def chain(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return a decorator that adds the options of several decorators, in this order."""

    def add(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return add


class RenamedOption(click.Option):
    """An option that is also accepted under its former name, which its help does not show."""

    def __init__(self, *arguments: Any, former: str, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.former = former

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Add both names."""
        shown = self.opts
        self.opts = [*shown, self.former]
        super().add_to_parser(parser, ctx)
        self.opts = shown


class RenamedChoice(click.Choice[str]):
    """A choice that also accepts former names of its values; `former` maps them to current names."""

    def __init__(self, choices: Sequence[str], former: Mapping[str, str]) -> None:
        super().__init__(choices)
        self._former = former

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the current name."""
        return super().convert(self._former.get(value, value), param, ctx)


class LateChoice(click.Choice[str]):
    """A choice whose values are computed on demand, so that `--help` of other commands does not load them."""

    def __init__(self, names: Callable[[], Sequence[str]]) -> None:
        self.case_sensitive = True
        self._names = names

    @property
    def choices(self) -> Sequence[str]:  # type: ignore[override]
        """Return the names."""
        return tuple(self._names())


def name_variables(command: click.Command) -> None:
    """Give each option an environment variable, such as `LLMD_ROUTES_GATEWAY` for `--gateway`.

    Values of a repeatable option are separated by white space. A variable that an option already has takes precedence.
    """
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in _NEVER:
            longest = max(option.opts, key=len)
            names = [_variable(longest)]
            names += [_variable(option.former)] if isinstance(option, RenamedOption) else []
            names += [option.envvar] if isinstance(option.envvar, str) else []
            option.envvar = names if len(names) > 1 else names[0]


def _variable(option: str) -> str:
    return PREFIX + option.lstrip("-").upper().replace("-", "_")
