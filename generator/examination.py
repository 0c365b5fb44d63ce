"""Run the stages from a request to a diagnosis: read, look up, diagnose. Commands about an installation use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from llmd_routes.diagnosing.diagnose import Known, diagnose, unrouted
from llmd_routes.diagnosing.serving import ports_to_ask, with_silences
from llmd_routes.explaining.entrances import Door, find_doors, wanted_doors
from llmd_routes.explaining.surroundings import Surroundings, surroundings
from llmd_routes.model.findings import Diagnosis
from llmd_routes.reading.ask_pods import ask_pods
from llmd_routes.reading.invocation import with_commands
from llmd_routes.reading.prepared import Prepared, prepare
from llmd_routes.reading.request import Input, connection_of

from .notices import Notice, is_covered
from .pipeline import notices_of_plan, obstacles
from .problems import Problem


@dataclass(frozen=True, slots=True)
class Wish:
    """Which Gateways to examine ([NS/]NAME; all if empty), and the options that `generate` would have (`standing`).

    `implementation` is assumed for Gateways whose class does not identify it.
    """

    gateways: tuple[str, ...]
    implementation: str | None
    standing: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """The objects that were read, and the selected Gateways."""

    prepared: Prepared
    around: Surroundings
    doors: tuple[Door, ...]

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Return the warnings about unread objects."""
        return self.prepared.reading.notices


@dataclass(frozen=True, slots=True)
class Examination:
    """A diagnosis, the input that it describes, and warnings about unread objects."""

    diagnosis: Diagnosis
    view: View
    notices: tuple[Notice, ...]


def look(source: Input, wish: Wish) -> View:
    """Read the input, and find its Gateways.

    Raises InputError or ClusterError with everything that cannot be read, and InputError without a Gateway.
    """
    prepared = prepare(source, wish.gateways)
    is_live = not source.files
    around = surroundings(prepared.inventory(), prepared.reading.objects, prepared.scope, is_live=is_live)
    doors = wanted_doors(find_doors(around.inventory, around.objects, wish.implementation), wish.gateways)
    return View(prepared, around, tuple(doors))


def examine(source: Input, wish: Wish) -> Examination:
    """Read the input and diagnose it; with `--ask-engines`, also ask ready pods whether they serve.

    Raises as `look` does.
    """
    view = look(source, wish)
    blocking = _obstacles(view, wish)
    notices = sorted({*view.around.inventory.notices, *view.prepared.notices, *_planned(view, wish)})
    uncovered = [notice for notice in notices if not is_covered(notice, blocking)]
    known = Known(list(_with_fixes(uncovered, source)), with_commands(blocking, source))
    diagnosis = diagnose(view.doors, view.around, known, is_live=not source.files)
    unread = view.notices
    if source.ask_engines and not source.files:
        silences, refused = ask_pods(connection_of(source), ports_to_ask(diagnosis, view.around))
        diagnosis, unread = with_silences(diagnosis, silences), (*unread, *refused)
    return Examination(diagnosis, view, unread)


def _with_fixes(notices: Iterable[Notice], source: Input) -> Iterator[Notice]:
    """Yield notices with a complete command where `llmd-routes label` is the fix."""
    listed = list(notices)
    for notice, problem in zip(listed, with_commands([each.problem for each in listed], source), strict=True):
        yield replace(notice, remedy=problem.fix)


def _planned(view: View, wish: Wish) -> Iterator[Notice]:
    """Yield what planning the routes of each instance again notices, about the Gateways that have them."""
    doors: dict[str, list[Door]] = {}
    for door in view.doors:
        for instance in {route.instance for route in door.routes if route.instance is not None}:
            doors.setdefault(instance, []).append(door)
    for instance, own in sorted(doors.items()):
        chosen = {**wish.standing, "instance": instance, "gateways": tuple(map(_name_of, own))}
        if not any(_reads_bodies(door, view.around) for door in own):
            chosen["body_to_header"] = "none"
        yield from notices_of_plan(view.prepared, view.around.inventory, _assumed(chosen, wish))


def _reads_bodies(door: Door, around: Surroundings) -> bool:
    """Return whether generated policies make a Gateway read bodies."""
    readings = door.implementation.body_readings(door.ref, around.inventory.policies, lambda service: None)
    return door.proxy is not None or any(True for _ in readings)


def _name_of(door: Door) -> str:
    return f"{door.ref.namespace}/{door.ref.name}"


def _assumed(chosen: dict[str, Any], wish: Wish) -> dict[str, Any]:
    return chosen | ({"implementation": wish.implementation} if wish.implementation else {})


def _obstacles(view: View, wish: Wish) -> tuple[Problem, ...]:
    """Return the problems that prevent routes for the first of the Gateways that have none."""
    doors = unrouted(view.doors)
    if not doors:
        return ()
    here, there = view.prepared.scope.namespaces, doors[0].ref.namespace
    if here and there not in here and not view.around.inventory.services:
        fact = f"no ModelService in namespace {', '.join(here)}, and {doors[0].ref} is in {there}"
        return (Problem("", fact, f"pass -n {there}, or -A for all namespaces"),)
    chosen = {**wish.standing, "gateways": (_name_of(doors[0]),)}
    return obstacles(view.prepared, view.around.inventory, (), _assumed(chosen, wish))
