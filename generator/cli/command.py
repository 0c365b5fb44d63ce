"""A command: its help has sections, and its options may be in a settings file or in a functionConfig."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from .option_groups import SECTION, SECTIONS

if TYPE_CHECKING:
    from llmd_routes.reading.settings import Settings

    from .configuration import SettingsText

_META: Final = "llmd_routes.settings"
_WORDS: Final = "llmd_routes.words"
_TEXT: Final = "llmd_routes.text"
_FUNCTION: Final = "functionConfig"


class PlainCommand(click.Command):
    """A command with options in sections of its help."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of each section, in the order of `SECTIONS`."""
        records: dict[str, list[tuple[str, str]]] = {title: [] for title in SECTIONS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                records[getattr(parameter, SECTION, SECTIONS[-1])].append(record)
        for title, rows in records.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


class SectionedCommand(PlainCommand):
    """A command with options in sections, which reads the settings file; the command line and variables win."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the settings before the options, unless only the help or a completion is requested."""
        if {"-h", "--help"} & set(args) or extra.get("resilient_parsing"):
            return super().make_context(info_name, args, parent, **extra)
        words = tuple(args)
        # Options that say where the settings are, from the command line and environment variables.
        given = super().make_context(info_name, list(args), parent, resilient_parsing=True)
        settings, defaults = self.read_defaults(given, extra)
        context = super().make_context(info_name, args, parent, default_map=defaults, **extra)
        context.meta[_META] = settings
        context.meta[_WORDS] = words
        return context

    def read_defaults(self, given: click.Context, extra: dict[str, Any]) -> tuple[Settings, dict[str, Any]]:
        """Return the settings, and the values of options in them by parameter.

        Raises InputError with everything that is wrong with the settings.
        """
        from .configuration import parse_settings, read_settings, settings_model, values_of

        restricted = bool(given.params.get("restricted"))
        model = partial(settings_model, commands_beside(given))
        text: SettingsText | None = given.meta.get(_TEXT)
        settings = (
            parse_settings(text, model, restricted=restricted)
            if text is not None
            else read_settings(given.params.get("config"), model, restricted=restricted)
        )
        return settings, values_of(self, settings)


class FunctionCommand(SectionedCommand):
    """A command whose options may also be in the functionConfig of the ResourceList on stdin, which wins over files."""

    def read_defaults(self, given: click.Context, extra: dict[str, Any]) -> tuple[Settings, dict[str, Any]]:
        """Read stdin too, and store its text as the object of the context."""
        from llmd_routes.output.resource_list import config_of
        from llmd_routes.reading.settings import from_mapping
        from llmd_routes.reading.text_files import limit_of, read_text

        from .configuration import settings_model, values_of

        settings, defaults = super().read_defaults(given, extra)
        extra["obj"] = read_text(sys.stdin, limit_of(given.params["input_limit"]))
        config = config_of(extra["obj"])
        if not config:
            return settings, defaults
        function = from_mapping(config, _FUNCTION, settings_model(commands_beside(given)))
        return settings.merged(function), {**defaults, **values_of(self, function)}


def commands_beside(context: click.Context) -> list[click.Command]:
    """Return all commands of the program; a settings file may set the options of each."""
    group = context.parent.command if context.parent is not None else None
    return [*group.commands.values()] if isinstance(group, click.Group) else [context.command]


def settings_of(context: click.Context) -> Settings:
    """Return the settings that were read for a command."""
    settings: Settings = context.meta[_META]
    return settings


def parse_again(context: click.Context, text: SettingsText | None = None) -> click.Context:
    """Return a context with the same words, and with the settings of a text or of the current settings file.

    Raises InputError or ClickException with what is wrong.
    """
    context.meta[_TEXT] = text
    return context.command.make_context(context.info_name, list(context.meta[_WORDS]), context.parent)
