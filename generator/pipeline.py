"""Run the stages from a request to manifests: read, plan, render, validate. All commands that emit use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from llmd_routes.inventory.narrowing import narrow
from llmd_routes.inventory.overrides import Corrections
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Object, Ref, kind_of
from llmd_routes.model.choices import EppPreset
from llmd_routes.model.inventory import Inventory, ModelService
from llmd_routes.model.options import Given, Options
from llmd_routes.output.details import details
from llmd_routes.output.render import Manifest, render
from llmd_routes.output.report import notes, report
from llmd_routes.output.validate import validate
from llmd_routes.planning.checks import missing, nothing_served
from llmd_routes.planning.make import make_plan
from llmd_routes.reading.invocation import with_commands
from llmd_routes.reading.options import parse_options
from llmd_routes.reading.prepared import Prepared, prepare
from llmd_routes.reading.request import Beside, Input, read_beside
from llmd_routes.reading.settings import Settings
from llmd_routes.reading.text_files import read_file
from llmd_routes.text.yaml_values import load

from .errors import InputError, NothingToRoute, PlanError, RoutesError
from .kinds import identity, kinds_written
from .notices import Notice
from .problems import Problem


@dataclass(frozen=True, slots=True)
class Emission:
    """The emitted manifests in apply order, with the lines of the report and the notices.

    `objects` and `inventory` are their source. `kinds` are those that later emissions for the same Gateways may have.
    """

    instance: str
    manifests: tuple[Manifest, ...]
    report: tuple[str, ...]
    notices: tuple[Notice, ...]
    objects: tuple[Object, ...]
    inventory: Inventory
    kinds: tuple[ReadKind, ...] = ()

    def details(self) -> list[str]:
        """Return the lines for -v."""
        return details(self.objects, self.inventory)


def requested(
    source: Input,
    chosen: Mapping[str, Any],
    known: Sequence[Object] = (),
    *,
    compares: bool = False,
) -> Emission:
    """Read the requested input, and return the emission for it.

    `chosen` are the options of `plan_options`. `known` are objects that were emitted before: if the input does not
    contain them, their routes still determine the default engine of a model. With `compares`, files are compared with a
    cluster. Raises InputError, ClusterError and PlanError with all problems.
    """
    check_selector(source, chosen)
    prepared = prepare(source, chosen["gateways"], compares=compares, merges=True)
    reading = replace(prepared.reading, objects=_with_routes(prepared.reading.objects, known))
    return emission_of(replace(prepared, reading=reading), source, chosen)


def emission_of(prepared: Prepared, source: Input, chosen: Mapping[str, Any]) -> Emission:
    """Return the emission for prepared input; `source` is its origin, for the commands in fixes.

    Raises InputError and PlanError with all problems.
    """
    options = _options(chosen, prepared.settings, prepared.scope.namespaces)
    try:
        return emit(prepared, options, prepared.selected())
    except NothingToRoute:
        raise prepared.unmatched() from None
    except PlanError as error:
        raise PlanError(with_commands(error.problems, source)) from None


def check_selector(source: Input, chosen: Mapping[str, Any]) -> None:
    """Raise InputError if a label selector has no instance of its own."""
    if source.selector is not None and chosen["instance"] is None:
        raise InputError(f"-l {source.selector}: would replace the routes of other ModelServices; pass --instance NAME")


def obstacles(
    prepared: Prepared, inventory: Inventory, others: Sequence[ModelService], chosen: Mapping[str, Any]
) -> tuple[Problem, ...]:
    """Return the problems that prevent the output of generate for an inventory and the other ModelServices.

    `chosen` are the options that generate would have. Without a ModelService, that is the only problem.
    """
    if not inventory.services:
        unread = any(entry.unread for entry in inventory.ignored)
        return tuple(missing(inventory, (), (), "")) if unread else (nothing_served(inventory, prepared.elsewhere()),)
    try:
        make_plan(inventory, _options(chosen, prepared.settings, prepared.scope.namespaces), others)
    except RoutesError as error:
        return error.problems
    return ()


def notices_of_plan(prepared: Prepared, inventory: Inventory, chosen: Mapping[str, Any]) -> tuple[Notice, ...]:
    """Return what planning the routes of an inventory notices about existing objects; nothing if it cannot be planned.

    `chosen` are the options that generate would have.
    """
    try:
        return make_plan(inventory, _options(chosen, prepared.settings, prepared.scope.namespaces)).notices
    except RoutesError:
        return ()


def requested_beside(beside: Beside, manifests: str, chosen: Mapping[str, Any]) -> Emission:
    """Return the emission for the ModelServices in a text of manifests, with those of files as context.

    Raises NothingToRoute if the text contains none, InputError and PlanError with all problems.
    """
    reading, own = read_beside(beside, manifests)
    namespaces = (beside.namespace,) if beside.namespace else ()
    prepared = Prepared(reading, Scope(assume=True), Corrections(settings=beside.settings.overrides()), beside.settings)
    return emit(prepared, _options(chosen, beside.settings, namespaces), own)


def _options(chosen: Mapping[str, Any], said: Settings, namespaces: tuple[str, ...]) -> Options:
    """Return the options from the command line and the settings."""
    given = dict(chosen)
    epp_config = given.pop("epp_config_file")
    preset = str(epp_config) if str(epp_config) in get_args(EppPreset) else None
    given |= {
        "namespaces": namespaces,
        "defaults": said.with_defaults(chosen["defaults"]),
        "splits": said.with_splits(chosen["splits"]),
        "epp_config": _epp_config(epp_config) if epp_config and not preset else None,
        "epp_preset": preset,
    }
    return parse_options(Given(**given))


def emit(prepared: Prepared, options: Options, own: frozenset[Ref] | None = None) -> Emission:
    """Return the emission for prepared input; pure.

    With `own`, only ModelServices with one of these workloads are routed (a workload without a namespace is in the
    assumed one); the others matter for selectors only. Raises NothingToRoute if none of them exists, InputError and
    PlanError with all problems.
    """
    reading = prepared.reading
    try:
        inventory = prepared.inventory()
        inventory, others = narrow(inventory, own) if own is not None else (inventory, ())
        if not inventory.services and not any(entry.unread for entry in inventory.ignored):
            raise PlanError((*options.problems, nothing_served(inventory, prepared.elsewhere())))
        plan = make_plan(inventory, options, others)
    except NothingToRoute:
        raise
    except RoutesError as error:
        raise PlanError((*reading.conflicts, *error.problems)) from None
    if reading.conflicts:
        raise InputError(reading.conflicts)
    manifests = render(plan)
    unguarded = any(notice.code == "unguarded" for notice in plan.notices)
    findings = validate([manifest.obj for manifest in manifests], unguarded)
    if findings:
        raise PlanError(map(str, findings))
    told = (*reading.notices, *prepared.notices)
    return Emission(
        plan.instance,
        tuple(manifests),
        tuple(report(inventory, plan)),
        notes(inventory, plan, told),
        tuple(reading.objects),
        inventory,
        kinds_written((one.implementation for one in plan.attachments), (manifest.obj for manifest in manifests)),
    )


def _with_routes(objects: Sequence[Object], known: Sequence[Object]) -> tuple[Object, ...]:
    there = {identity(obj) for obj in objects}
    return (*objects, *(obj for obj in known if kind_of(obj) == "HTTPRoute" and identity(obj) not in there))


def _epp_config(path: Path) -> str:
    """Read an EndpointPickerConfig; its text is passed on as it is."""
    text = read_file(path, f"--epp-config {path}")
    parsed = load(text)
    if not isinstance(parsed, dict) or kind_of(parsed) != "EndpointPickerConfig":
        raise InputError(f"--epp-config {path}: not an EndpointPickerConfig; use a file of that kind")
    return text
