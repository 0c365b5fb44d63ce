"""From what a user asks to manifests: reads, then plans, renders and validates. All commands that emit go this way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .build import build_inventory
from .errors import InputError, NothingToRoute, PlanError, RoutesError
from .inputs import Beside, Input, asked, read, read_beside, settings
from .inventory import Inventory, ModelService
from .kinds import identity
from .namespaces import Scope
from .notices import Notice
from .objects import Object, Ref, kind_of
from .options import Options
from .plan import make_plan
from .render import Manifest, render
from .report import notes, report
from .settings_file import SettingsFile
from .sources import Reading
from .validate import validate
from .yamltext import load


@dataclass(frozen=True, slots=True)
class Emission:
    """What is emitted, in the order in which it is applied; `report` are lines for people, with those of `notices`."""

    instance: str
    manifests: tuple[Manifest, ...]
    report: tuple[str, ...]
    notices: tuple[Notice, ...]


def requested(
    source: Input,
    chosen: Mapping[str, Any],
    known: Sequence[Object] = (),
    *,
    compares: bool = False,
) -> Emission:
    """Read what is asked for, and return what is emitted for it.

    `chosen` are the options of `plan_options`, `known` objects that were emitted before: their routes keep the default
    engine of a model as it is, where the input does not hold them. With `compares`, files are compared with a cluster.
    Raises InputError, ClusterError and PlanError with everything that is in the way.
    """
    said = settings(source.config)
    reading, namespaces = read(source, chosen["gateways"], compares=compares)
    scope, silent = asked(source, reading, Scope(namespaces, assume=True, overrides=said.overrides()))
    reading = replace(reading, objects=_with_routes(reading.objects, known))
    return emit(reading, scope, _options(chosen, said, namespaces), silent)


def requested_beside(beside: Beside, manifests: str, chosen: Mapping[str, Any]) -> Emission:
    """Return what is emitted for the ModelServices among the manifests of a text, beside those of files.

    Raises NothingToRoute when there is none among them, InputError and PlanError with everything that is in the way.
    """
    said = settings(beside.config)
    reading, own = read_beside(beside, manifests)
    namespaces = (beside.namespace,) if beside.namespace else ()
    scope = Scope(assume=True, overrides=said.overrides())
    return emit(reading, scope, _options(chosen, said, namespaces), own=own)


def _options(chosen: Mapping[str, Any], said: SettingsFile, namespaces: tuple[str, ...]) -> Options:
    """Return what a user asks, on the command line and in the settings."""
    given = dict(chosen)
    epp_config = given.pop("epp_config_file")
    given |= {
        "namespaces": namespaces,
        "defaults": said.with_defaults(chosen["defaults"]),
        "splits": said.with_splits(chosen["splits"]),
        "epp_config": _epp_config(epp_config) if epp_config else None,
    }
    return Options(**given)


def emit(
    reading: Reading,
    scope: Scope,
    options: Options,
    notices: Sequence[Notice] = (),
    own: frozenset[Ref] | None = None,
) -> Emission:
    """Return what is emitted for a reading; pure. `notices` are further ones for the report.

    With `own`, only ModelServices with one of these workloads are routed (without a namespace they are of the one that
    is taken for them); the others are there to be told apart from.
    Raises NothingToRoute when there is none of them, InputError and PlanError with everything that is in the way.
    """
    try:
        inventory = build_inventory(reading.objects, scope)
        inventory, others = _divided(inventory, own) if own is not None else (inventory, ())
        plan = make_plan(inventory, options, others)
    except NothingToRoute:
        raise
    except RoutesError as error:
        raise PlanError((*reading.conflicts, *error.problems)) from None
    if reading.conflicts:
        raise InputError(reading.conflicts)
    manifests = render(plan)
    findings = validate([manifest.obj for manifest in manifests])
    if findings:
        raise PlanError(map(str, findings))
    told = (*reading.notices, *notices)
    return Emission(plan.instance, tuple(manifests), tuple(report(inventory, plan, told)), notes(inventory, plan, told))


def _divided(inventory: Inventory, own: frozenset[Ref]) -> tuple[Inventory, tuple[ModelService, ...]]:
    """Return the inventory with the ModelServices of some workloads only, and the others."""
    ours = tuple(s for s in inventory.services if any({ref, replace(ref, namespace="")} & own for ref in s.workloads))
    others = tuple(service for service in inventory.services if service not in ours)
    if not ours:
        raise NothingToRoute
    titles = {service.title for service in others}
    notices = tuple(notice for notice in inventory.notices if notice.object not in titles)
    return replace(inventory, services=ours, notices=notices), others


def _with_routes(objects: Sequence[Object], known: Sequence[Object]) -> tuple[Object, ...]:
    there = {identity(obj) for obj in objects}
    return (*objects, *(obj for obj in known if kind_of(obj) == "HTTPRoute" and identity(obj) not in there))


def _epp_config(path: Path) -> str:
    """Read an EndpointPickerConfig; its text is passed on as it is."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        fact = (getattr(error, "strerror", None) or "not UTF-8").lower()
        raise InputError(f"--epp-config {path}: cannot be read: {fact}; check the path") from None
    parsed = load(text)
    if not isinstance(parsed, dict) or kind_of(parsed) != "EndpointPickerConfig":
        raise InputError(f"--epp-config {path}: is no EndpointPickerConfig; give one")
    return text
