"""From what a user asks to manifests: reads, then plans, renders and validates. All commands that emit go this way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .build import build_inventory
from .errors import InputError, PlanError, RoutesError
from .inputs import Input, asked, read, settings
from .inventory import Inventory
from .kinds import identity
from .namespaces import Scope
from .notices import Notice
from .objects import Object, kind_of
from .options import Options
from .plan import make_plan
from .planned import Plan
from .render import Manifest, render
from .report import report
from .sources import Reading
from .validate import validate
from .yamltext import load


@dataclass(frozen=True, slots=True)
class Emission:
    """What is emitted, in the order in which it is applied; `report` are lines for people."""

    instance: str
    manifests: tuple[Manifest, ...]
    report: tuple[str, ...]


def requested(
    source: Input, chosen: Mapping[str, Any], epp_config: Path | None = None, known: Sequence[Object] = ()
) -> Emission:
    """Read what is asked for, and return what is emitted for it.

    `chosen` are the options of `plan_options`, `known` objects that were emitted before: their routes keep the default
    engine of a model as it is, where the input does not hold them. Raises InputError, ClusterError and PlanError with
    everything that is in the way.
    """
    said = settings(source)
    reading, namespaces = read(source, chosen["gateways"])
    scope, silent = asked(source, reading, Scope(namespaces, assume=True, overrides=said.overrides()))
    given = {
        **chosen,
        "defaults": said.with_defaults(chosen["defaults"]),
        "splits": said.with_splits(chosen["splits"]),
        "epp_config": _epp_config(epp_config) if epp_config else None,
    }
    reading = replace(reading, objects=_with_routes(reading.objects, known))
    return emit(reading, scope, Options(namespaces=namespaces, **given), silent)


def emit(reading: Reading, scope: Scope, options: Options, notices: Sequence[Notice] = ()) -> Emission:
    """Return what is emitted for a reading; pure. `notices` are further ones for the report."""
    inventory, plan = _planned(reading, scope, options)
    manifests = render(plan)
    findings = validate([manifest.obj for manifest in manifests])
    if findings:
        raise PlanError(map(str, findings))
    lines = report(inventory, plan, (*reading.notices, *notices))
    return Emission(plan.instance, tuple(manifests), tuple(lines))


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


def _planned(reading: Reading, scope: Scope, options: Options) -> tuple[Inventory, Plan]:
    """Make inventory and plan; conflicts of the input are raised beside all other problems."""
    try:
        inventory = build_inventory(reading.objects, scope)
        plan = make_plan(inventory, options)
    except RoutesError as error:
        raise PlanError((*reading.conflicts, *error.problems)) from None
    if reading.conflicts:
        raise InputError(reading.conflicts)
    return inventory, plan
