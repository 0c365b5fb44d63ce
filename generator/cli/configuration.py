"""Options in the settings file and in a functionConfig: one field of the settings for each option of any command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import click
from pydantic import AliasChoices, BeforeValidator, Field, WithJsonSchema, create_model

from llmd_routes.errors import InputError
from llmd_routes.names import SETTINGS_FILE
from llmd_routes.reading.settings import Settings, parse
from llmd_routes.reading.text_files import read_file

from .option_groups import NOT_IN_FILES, LateChoice, RenamedChoice, RenamedOption

_SCALAR: Final = {"type": ["string", "number"]}
_LIST: Final = {"anyOf": [{"type": "string"}, {"type": "array", "items": _SCALAR}]}
# Options that read other files or a cluster, write files, overwrite objects, print permissions, or reduce the security
# of requests.
RESTRICTED: Final = frozenset(
    (
        *("adminSettings", "adminTokenSecret", "adoptPools", "allNamespaces", "allowMissing", "askEngines", "check"),
        *("context", "controller", "engineKeyPlain", "engineSkipVerify", "eppConfig", "filename", "inputLimit"),
        *("kubeconfig", "namespace", "outputDir", "outputFile", "recursive", "requestTimeout", "restricted"),
    )
)


class SettingsText(NamedTuple):
    """The text of settings, and where it is from, for messages."""

    source: str
    text: str


def check_restricted(settings: Settings, source: str) -> None:
    """Raise InputError with a line for each option in settings that untrusted settings must not have."""
    keys = sorted(settings.model_fields_set & RESTRICTED)
    if keys:
        raise InputError(f"{source}: {key}: not allowed with --restricted; remove it" for key in keys)


def settings_model(commands: Iterable[click.Command]) -> type[Settings]:
    """Return the settings with a field for each option of the commands, by its name in camel case."""
    options: dict[str, click.Option] = {}
    for key, option in (pair for command in commands for pair in options_of(command).items()):
        # A list of types where commands differ, as for -n.
        options[key] = options[key] if key in options and options[key].multiple else option
    fields: dict[str, Any] = {key: _field(key, option) for key, option in sorted(options.items())}
    return create_model("Options", __base__=Settings, __doc__=Settings.__doc__, **fields)


def options_of(command: click.Command) -> dict[str, click.Option]:
    """Return the options of a command that files may set, by key."""
    return {
        camel(max(option.opts, key=len)): option
        for option in command.params
        if isinstance(option, click.Option) and option.name not in NOT_IN_FILES
    }


def camel(option: str) -> str:
    """Return the key of an option: pathPrefix for --path-prefix."""
    first, *rest = option.lstrip("-").split("-")
    return first + "".join(word.capitalize() for word in rest)


def read_settings(path: Path | None, model: Callable[[], type[Settings]], *, restricted: bool = False) -> Settings:
    """Return the settings of a file, or of llmd-routes.yaml in the working directory; empty without a file.

    Raises InputError with everything that is wrong with it. With `restricted`, that includes options of `RESTRICTED`,
    and a link that leaves the working directory, because messages quote the file.
    """
    if path is None:
        path = Path(SETTINGS_FILE)
        if not path.exists():
            return Settings()
        if restricted and not path.resolve().is_relative_to(Path.cwd().resolve()):
            raise InputError(f"{path}: links to a file outside the working directory; replace the link with the file")
    return parse_settings(SettingsText(str(path), read_file(path, str(path))), model, restricted=restricted)


def parse_settings(text: SettingsText, model: Callable[[], type[Settings]], *, restricted: bool = False) -> Settings:
    """Return the settings of a text. Raises InputError with everything that is wrong with it."""
    settings = parse(text.text, text.source, model())
    if restricted:
        check_restricted(settings, text.source)
    return settings


def values_of(command: click.Command, settings: Settings) -> dict[str, Any]:
    """Return the values that settings have for the options of a command, by parameter name.

    Raises InputError if an option that accepts one value has several.
    """
    return {
        option.name or "": _value(key, option, getattr(settings, key))
        for key, option in options_of(command).items()
        if key in settings.model_fields_set
    }


def _value(key: str, option: click.Option, value: Any) -> Any:
    """Return a value in click's form: repeatable options have a list, or the words of a text."""
    if not option.multiple and isinstance(value, list):
        if len(value) != 1:
            raise InputError(f"{key} in the settings: {len(value)} values, and this command takes one; pass the option")
        return value[0]
    if not option.multiple:
        return value
    return [str(each) for each in value] if isinstance(value, list) else str(value).split()


def _field(key: str, option: click.Option) -> tuple[Any, Any]:
    """Return the type and the description of a field."""
    former = [camel(option.former)] if isinstance(option, RenamedOption) else []
    kind = Annotated[Any, BeforeValidator(partial(_checked, option)), WithJsonSchema(_schema(option))]
    return kind, Field(None, validation_alias=AliasChoices(key, *former), alias=key, description=option.help)


def _schema(option: click.Option) -> dict[str, Any]:
    if option.is_flag:
        return {"type": "boolean"}
    if isinstance(option.type, click.Choice):
        return {"enum": list(option.type.choices)}
    return _LIST if option.multiple else _SCALAR


def _checked(option: click.Option, value: Any) -> Any:
    """Return a value of an option. Raises ValueError with the allowed values."""
    if option.is_flag:
        return _flag(value)
    listed = value if option.multiple and isinstance(value, list) else [value]
    if any(isinstance(each, bool | list | dict) or each is None for each in listed):
        raise ValueError("use a text or a list of texts" if option.multiple else "use a text or a number")
    if isinstance(option.type, click.Choice):
        _check_choice(option.type, str(value))
    return value


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    try:
        return bool(click.BOOL.convert(str(value), None, None))
    except click.BadParameter:
        raise ValueError("use true or false") from None


def _check_choice(choice: click.Choice[str] | LateChoice | RenamedChoice, value: str) -> None:
    try:
        choice.convert(value, None, None)
    except click.BadParameter:
        raise ValueError(f"use one of {', '.join(choice.choices)}") from None
