"""Replace facts that were read of ModelServices with those of the settings. Pure, no I/O.

In: the parts of each service, and overrides by `[namespace/]Kind/name` of any of its workloads. Out: the same parts
with other facts, without the services that are excluded. What is said has evidence like everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from llmd_routes.errors import InputError
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Ignored
from llmd_routes.names import SETTINGS_FILE
from llmd_routes.notices import Fact, Notice, settled_by
from llmd_routes.pods.model_names import Served
from llmd_routes.pods.servers import Server
from llmd_routes.sources.source import Part


@dataclass(frozen=True, slots=True)
class Override:
    """Facts that replace those of a ModelService, and their `source`; None keeps the detected fact.

    `add_models` are served besides the detected or replaced names; `remove_models` are names without routes.
    """

    engine: str | None = None
    owned_by: str | None = None
    models: tuple[str, ...] | None = None
    ports: tuple[int, ...] | None = None
    add_models: tuple[str, ...] = ()
    remove_models: tuple[str, ...] = ()
    exclude: bool = False
    source: str = SETTINGS_FILE


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrections of detected facts, by `[namespace/]Kind/name` of a workload.

    `engines` are the responses of engines, `settings` those of the user, `operators` the requests of operators to the
    models server; later ones take precedence. With `allows_unused`, a correction of a ModelService that does not exist
    is a notice, else an error.
    """

    engines: Mapping[str, Override] = field(default_factory=dict)
    settings: Mapping[str, Override] = field(default_factory=dict)
    operators: Mapping[str, Override] = field(default_factory=dict)
    allows_unused: bool = False


def correct(
    groups: Sequence[Sequence[Part]], corrections: Corrections
) -> tuple[list[list[Part]], list[Ignored], list[Notice]]:
    """Return the parts of all services without the excluded ones, with all facts corrected.

    Raises InputError as `override`.
    """
    notices: list[Notice] = []
    ignored: list[Ignored] = []
    for said in (corrections.engines, corrections.settings, corrections.operators):
        idle = _unused(groups, said) if corrections.allows_unused else []
        notices += map(_notice_of_unused, idle)
        groups, more = override(groups, {key: each for key, each in said.items() if key not in idle})
        ignored += more
    return [list(parts) for parts in groups], ignored, notices


def _unused(groups: Sequence[Sequence[Part]], said: Mapping[str, Override]) -> list[str]:
    """Return the keys of overrides that match no service, in order."""
    return [key for key in said if not any(_is_of(key, parts) for parts in groups)]


def _notice_of_unused(key: str) -> Notice:
    return Notice("settings-unused", f"modelServices.{key}", "matches no ModelService", "check the key, or remove it")


def override(groups: Sequence[Sequence[Part]], said: Mapping[str, Override]) -> tuple[list[list[Part]], list[Ignored]]:
    """Return the parts of all services without the excluded ones, with these facts replaced.

    Raises InputError with a line for each override that matches no service or several, or a service with another
    override.
    """
    problems: list[str] = []
    chosen: dict[int, str] = {}
    for key in said:
        found = [number for number, parts in enumerate(groups) if _is_of(key, parts)]
        if len(found) != 1:
            fact = "matches several ModelServices; add the namespace" if found else "matches no ModelService"
            problems.append(f"{SETTINGS_FILE}: modelServices.{key}: {fact}; {_shown(groups)}")
        elif found[0] in chosen:
            problems.append(
                f"{SETTINGS_FILE}: modelServices.{key}: matches the same ModelService as {chosen[found[0]]};"
                f" keep one of them"
            )
        else:
            chosen[found[0]] = key
    if problems:
        raise InputError(problems)
    kept: list[list[Part]] = []
    ignored: list[Ignored] = []
    for number, parts in enumerate(groups):
        one = said[chosen[number]] if number in chosen else Override()
        if one.exclude:
            ignored += [
                Ignored(f"{ref.kind}/{ref.name}", f"excluded by {SETTINGS_FILE}") for part in parts for ref in part.refs
            ]
        else:
            kept.append([_changed(part, one) for part in parts])
    return kept, ignored


def _is_of(key: str, parts: Sequence[Part]) -> bool:
    *namespace, kind, name = key.split("/")
    return any(
        (ref.kind, ref.name) == (kind, name) and namespace in ([], [ref.namespace])
        for part in parts
        for ref in part.refs
    )


def _shown(groups: Sequence[Sequence[Part]]) -> str:
    keys = sorted({_key(ref) for parts in groups for part in parts for ref in part.refs})
    more = f", and {len(keys) - 5} more" if len(keys) > 5 else ""
    return f"use one of {', '.join(keys[:5])}{more}" if keys else "there are none"


def _key(ref: Ref) -> str:
    return f"{ref.namespace}/{ref.kind}/{ref.name}" if ref.namespace else f"{ref.kind}/{ref.name}"


def _changed(part: Part, said: Override) -> Part:
    owned_by = (
        (said.owned_by, f"{said.source} ownedBy = {said.owned_by}") if said.owned_by is not None else part.owned_by
    )
    return replace(part, owned_by=owned_by, server=_server(part.server, said))


def _server(server: Server, said: Override) -> Server:
    served = _served(server.served, said)
    models = said.models if said.models is not None else served.added or None
    facts: dict[Fact, object] = {"engine": said.engine, "models": models, "ports": said.ports}
    settled = settled_by(*(fact for fact, value in facts.items() if value is not None))
    return replace(
        server,
        engine=said.engine or server.engine,
        served=served,
        ports=replace(server.ports, numbers=said.ports) if said.ports is not None else server.ports,
        remarks=tuple(remark for remark in server.remarks if remark[0] not in settled),
        evidence=_evidence(server, said),
    )


def _served(served: Served, said: Override) -> Served:
    """Return the names of a server with those that are added, and those that get no routes."""
    if said.models is not None:
        served = Served(said.models)
    added = tuple(name for name in said.add_models if name not in (*served.models, *served.dynamic))
    removed = (*served.removed, *said.remove_models)
    return replace(served, models=(*served.models, *added), added=(*served.added, *added), removed=removed)


def _evidence(server: Server, said: Override) -> dict[str, tuple[str, ...]]:
    replaced = {"engine": said.engine, "models": said.models, "ports": said.ports}
    more = {"addModels": said.add_models or None, "removeModels": said.remove_models or None}
    lines = {
        name: f"{said.source} {name} = {_written(value)}"
        for name, value in (replaced | more).items()
        if value is not None
    }
    evidence = {**server.evidence, **{name: (lines[name],) for name in replaced if name in lines}}
    added = tuple(lines[name] for name in more if name in lines)
    return {**evidence, "models": (*evidence.get("models", ()), *added)} if added else evidence


def _written(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
