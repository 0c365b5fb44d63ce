"""The model names that a server answers to: primary, aliases, adapters. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from .adapters import syncer_adapters
from .arguments import Arguments, lora_names
from .configs import environment
from .engines import Engine
from .shell import unresolved

if TYPE_CHECKING:
    from .servers import Command, Pod

Problem = tuple[str, str, str]
_NAME_REMEDY = "write the served name out in the arguments, or as a value of a ConfigMap in the input"


@dataclass(frozen=True, slots=True)
class Served:
    """Names in served order; `dynamic` adapters are loaded at run time. `problems`: (code, message, remedy)."""

    models: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def served_models(pod: Pod, engine: Engine | None, arguments: Arguments, command: Command) -> Served:
    """Read the served names of one server.

    The name option wins over the model, of which an engine serves the argument verbatim (TensorRT-LLM: the base name
    of a local folder). Names that hold an unresolved variable or a template are reported, never shown as names.
    """
    reader = engine
    env = environment(pod.config_map, command.container)
    names, evidence = _base_names(reader, arguments, env)
    adapters = lora_names(v for option in (reader.lora_options if reader else ()) for v in arguments.all(option))
    dynamic, sync_problems = syncer_adapters(pod)
    if adapters:
        evidence.append(f"option --{reader.lora_options[0] if reader else ''} = {', '.join(adapters)}")
    clear = _distinct(n for n in names if not unresolved(n))
    clear_adapters = _distinct(n for n in adapters if not unresolved(n) and n not in clear)
    problems = _problems(names, clear, bool(reader)) + sync_problems
    models = tuple(clear + clear_adapters) if clear else ()
    return Served(models, tuple(n for n in dynamic if n not in models), tuple(evidence), problems)


def _base_names(engine: Engine | None, arguments: Arguments, env: Mapping[str, str]) -> tuple[list[str], list[str]]:
    options = engine.name_options if engine else ("served-model-name",)
    for option in options:
        values = arguments.options.get(option, ())
        if values and values[-1]:
            names = [value for value in values[-1] if value]
            return names, [f"option --{option} = {' '.join(names)}"]
    for option in engine.model_options if engine else ("model", "model-path", "model-id"):
        value = arguments.last(option)
        if value:
            return [_default_name(engine, value)], [f"option --{option} = {value}"]
    if arguments.positionals and engine and engine.positional:
        value = arguments.positionals[0]
        return [_default_name(engine, value)], [f"argument = {value}"]
    for variable in engine.model_env if engine else ():
        if env.get(variable):
            return [env[variable]], [f"env {variable} = {env[variable]}"]
    return [], []


def _default_name(engine: Engine | None, value: str) -> str:
    """Return what the engine serves when only the model is given."""
    if engine and engine.name == "tensorrt_llm" and value.startswith("/"):
        return PurePosixPath(value).name or value
    return value


def _problems(names: list[str], clear: list[str], known: bool) -> tuple[Problem, ...]:
    templates = [n for n in names if "{{" in n]
    hidden = [n for n in names if unresolved(n) and n not in templates]
    problems: list[Problem] = []
    if templates:
        problems.append(("template", f"a served name is a template: {templates[0]}", "render it, then read it again"))
    if hidden:
        problems.append(("unreadable-model", f"the served name {hidden[0]} has no known value", _NAME_REMEDY))
    if not names and known:
        problems.append(("unreadable-model", "no argument or variable names its model", _NAME_REMEDY))
    return tuple(problems)


def _distinct(names: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(names))
