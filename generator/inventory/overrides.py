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
from llmd_routes.notices import Fact, settled_by
from llmd_routes.pods.model_names import Served
from llmd_routes.pods.servers import Server
from llmd_routes.sources.source import Part


@dataclass(frozen=True, slots=True)
class Override:
    """Facts that replace those of a ModelService, and their `source`; None keeps the detected fact."""

    engine: str | None = None
    owned_by: str | None = None
    models: tuple[str, ...] | None = None
    ports: tuple[int, ...] | None = None
    exclude: bool = False
    source: str = SETTINGS_FILE


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrections of detected facts, by `[namespace/]Kind/name` of a workload.

    `engines` are the responses of engines, `settings` those of the user; `settings` take precedence.
    """

    engines: Mapping[str, Override] = field(default_factory=dict)
    settings: Mapping[str, Override] = field(default_factory=dict)


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
    facts: dict[Fact, object] = {"engine": said.engine, "models": said.models, "ports": said.ports}
    told = {fact: value for fact, value in facts.items() if value is not None}
    if not told:
        return server
    settled = settled_by(*told)
    said_so: dict[str, tuple[str, ...]] = {
        fact: (f"{said.source} {fact} = {_written(value)}",) for fact, value in told.items()
    }
    return replace(
        server,
        engine=said.engine or server.engine,
        served=Served(said.models) if said.models is not None else server.served,
        ports=replace(server.ports, numbers=said.ports) if said.ports is not None else server.ports,
        remarks=tuple(remark for remark in server.remarks if remark[0] not in settled),
        evidence={**server.evidence, **said_so},
    )


def _written(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
