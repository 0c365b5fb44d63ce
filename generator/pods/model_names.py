"""The model names that a server answers to: primary, aliases, adapters. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from llmd_routes.kube.config_maps import environment, origin, overriders
from llmd_routes.kube.objects import text, texts
from llmd_routes.notices import Remark
from llmd_routes.text.placeholders import RENDER, placeholder_in
from llmd_routes.text.shell import unresolved

from .adapters import loaded_by_clients, syncer_adapters
from .arguments import Arguments, lora_names
from .commands import Command, Pod, runs_script
from .engines.engine import Engine
from .option_files import Further

_VARIABLE = re.compile(r"\$[({]?([A-Za-z_][A-Za-z0-9_.-]*)")
_NAME_REMEDY = "write the served name in the arguments, or add the ConfigMap with the value"


@dataclass(frozen=True, slots=True)
class Served:
    """Names in served order; `dynamic` adapters are loaded at run time. `remarks`: (code, message, remedy).

    `added` are those of `models` that only the settings contain, `removed` names without routes.
    """

    models: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def served_models(pod: Pod, engine: Engine | None, further: Further, command: Command) -> Served:
    """Read the served names of one server.

    The name option overrides the model, whose argument an engine serves verbatim (TensorRT-LLM: the base name of a
    local directory). Names with an unresolved variable or a template are reported, never used.
    """
    reader, arguments = engine, further.arguments
    env = environment(pod.config_map, command.container)
    names, evidence = _base_names(reader, arguments, env)
    adapters = _adapters(reader, arguments)
    dynamic, sync_remarks = syncer_adapters(pod)
    sync_remarks = sync_remarks or loaded_by_clients(engine, env, text(command.container, "name") or "?")
    if adapters:
        evidence.append(f"option --{reader.lora_options[0] if reader else ''} = {', '.join(adapters)}")
    clear = _distinct(n for n in names if not unresolved(n))
    clear_adapters = _distinct(n for n in adapters if not unresolved(n) and n not in clear)
    origin_of = partial(origin, pod.config_map, command.container)
    is_template = partial(_is_template, is_script=runs_script(command.container))
    remarks = _remarks(names, bool(reader), further.absent, origin_of, is_template)
    remarks += _without_model(reader, arguments, env) if reader and clear and not further.absent else ()
    remarks += sync_remarks + _overridden(pod, engine, command)
    models = tuple(clear + clear_adapters) if clear else ()
    return Served(models, tuple(n for n in dynamic if n not in models), tuple(evidence), remarks)


def _adapters(engine: Engine | None, arguments: Arguments) -> list[str]:
    """Return the adapters in the arguments; old simulators accept a comma-separated list after `--lora`."""
    found = [value for option in (engine.lora_options if engine else ()) for value in arguments.all(option)]
    if engine and engine.simulator:
        found = [part for value in found for part in ([value] if "{" in value else value.split(","))]
    return lora_names(found)


def _base_names(engine: Engine | None, arguments: Arguments, env: Mapping[str, str]) -> tuple[list[str], list[str]]:
    options = engine.name_options if engine else ("served-model-name",)
    for option in options:
        values = arguments.options.get(option, ())
        if values and values[-1]:
            names = [value for value in _listed(engine, values[-1]) if value]
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


def _listed(engine: Engine | None, values: Sequence[str]) -> list[str]:
    """Return the names in the values of a name option; some engines separate them by commas."""
    if engine and engine.names_by_comma:
        return [name.strip() for value in values for name in value.split(",")]
    return list(values)


def _default_name(engine: Engine | None, value: str) -> str:
    """Return the served name if only the model is set."""
    if engine and engine.local_name and value.startswith("/"):
        return PurePosixPath(value).name or value
    return value


def _remarks(
    names: list[str],
    known: bool,
    absent: str | None,
    origin: Callable[[str], str | None],
    is_template: Callable[[str], bool],
) -> tuple[Remark, ...]:
    """Return why served names are unknown; `absent` is a missing file that may contain them."""
    templates = [n for n in names if is_template(n)]
    hidden = [n for n in names if unresolved(n) and n not in templates]
    remarks: list[Remark] = []
    if templates:
        remarks.append(("template", f"the served name {templates[0]} is not rendered", RENDER))
    if hidden:
        variable = _VARIABLE.search(hidden[0])
        why = origin(variable[1]) if variable else None
        fact = f"the served name {hidden[0]} has no known value{f': {why}' if why else ''}"
        remarks.append(("unreadable-model", fact, _NAME_REMEDY))
    if not names and known:
        told = f", and {absent} is not a file of a ConfigMap in the input" if absent else ""
        remarks.append(("unreadable-model", f"no argument or variable names its model{told}", _NAME_REMEDY))
    return tuple(remarks)


def _is_template(name: str, is_script: bool) -> bool:
    """Return whether a name contains a template that no tool rendered; in a script `${NAME}` is a shell variable."""
    placeholder = placeholder_in(name)
    return placeholder is not None and not (is_script and placeholder.startswith("$"))


def _without_model(engine: Engine, arguments: Arguments, env: Mapping[str, str]) -> tuple[Remark, ...]:
    """Return a remark if an engine that requires a model has none, although its served name is known.

    Chart v0.4.12 of the modelservice renders such commands for a model with an absolute path.
    """
    given = arguments.last(*engine.model_options) or (engine.positional and arguments.positionals)
    if given or any(env.get(name) for name in engine.model_env) or not engine.needs_model:
        return ()
    fact = "its command has a served name, but no model"
    return (
        (
            "no-model-argument",
            fact,
            "set the model (modelArtifacts.uri of its chart); otherwise the engine does not start",
        ),
    )


def _overridden(pod: Pod, engine: Engine | None, command: Command) -> tuple[Remark, ...]:
    """Return a notice that a missing optional ConfigMap would change a variable in use."""
    container = command.container
    said = {name for word in texts(container, "command") + texts(container, "args") for name in _VARIABLE.findall(word)}
    said |= set(engine.model_env) if engine else set()
    prefix = engine.env_prefix if engine else None
    remarks: list[Remark] = []
    for variable, name in sorted(overriders(pod.config_map, container).items()):
        if variable in said or (prefix and variable.startswith(prefix)):
            fact = f"the optional ConfigMap {name} is not in the input, and would replace the value of {variable}"
            remarks.append(("optional-config", fact, "add the ConfigMap to the input if the cluster has it"))
    return tuple(remarks)


def _distinct(names: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(names))
