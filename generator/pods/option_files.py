"""Read options of an engine outside of its arguments: in variables, and in files of ConfigMaps. Pure, no I/O."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from llmd_routes.kube.config_maps import config_file, environment, mounted

from .arguments import Arguments
from .engines.engine import Engine

ConfigMaps = Callable[[str], Mapping[str, str] | None]
# The section with options for all models.
_FOR_ALL = "*"


@dataclass(frozen=True, slots=True)
class Further:
    """All options of an engine, the evidence for those from files, and the missing file with more, if any."""

    arguments: Arguments
    evidence: tuple[str, ...] = ()
    absent: str | None = None


def with_further(
    spec: Mapping[str, Any],
    config_map: ConfigMaps,
    container: Mapping[str, Any],
    arguments: Arguments,
    engine: Engine | None,
) -> Further:
    """Return the arguments of an engine with its options from other places; arguments win, then variables."""
    if engine is None:
        return Further(arguments)
    arguments = _with_variables(environment(config_map, container), arguments, engine)
    path = arguments.last(engine.options_file) if engine.options_file else None
    if path:
        return _with_file(path, config_file(spec, config_map, container, path), arguments)
    presets = arguments.last(engine.presets_file) if engine.presets_file else None
    if presets:
        return _with_presets(presets, mounted(spec, config_map, container, presets), arguments)
    return Further(arguments)


def _with_variables(variables: Mapping[str, str], arguments: Arguments, engine: Engine) -> Arguments:
    if engine.env_prefix is None:
        return arguments
    named = {
        name.removeprefix(engine.env_prefix).lower().replace("_", "-"): ((value,),)
        for name, value in variables.items()
        if name.startswith(engine.env_prefix)
    }
    return Arguments(arguments.positionals, {**named, **arguments.options})


def _with_file(path: str, options: Mapping[str, tuple[str, ...]] | None, arguments: Arguments) -> Further:
    if options is None:
        return Further(arguments, absent=path)
    added = {name: (values,) for name, values in options.items() if name not in arguments.options}
    if not added:
        return Further(arguments)
    merged = Arguments(arguments.positionals, {**arguments.options, **added})
    return Further(merged, (f"config file {path} = {', '.join(sorted(added))}",))


def _with_presets(path: str, content: str | None, arguments: Arguments) -> Further:
    """Return options with the names of a file's sections as served names."""
    if content is None:
        return Further(arguments, absent=path)
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, delimiters=("=",), default_section="")
    try:
        parser.read_string(f"[{_FOR_ALL}]\n{content}")
    except configparser.Error:
        return Further(arguments, absent=path)
    names = tuple(name for name in parser.sections() if name != _FOR_ALL)
    merged = Arguments(arguments.positionals, {**arguments.options, "alias": (names,)} if names else arguments.options)
    return Further(merged, (f"presets {path} = {', '.join(names)}",))
