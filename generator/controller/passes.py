"""One pass of the controller: plan from what is known, compare with the cluster, write what differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from llmd_routes.errors import InputError, PlanError
from llmd_routes.inventory.overrides import Corrections
from llmd_routes.kinds import identity, in_order
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Object, Ref, kind_of
from llmd_routes.model.inventory import ModelService
from llmd_routes.notices import Notice
from llmd_routes.output.difference import differences
from llmd_routes.pipeline import Emission, emission_of
from llmd_routes.problems import Problem
from llmd_routes.reading.connection import Server
from llmd_routes.reading.live import Live, read_emitted
from llmd_routes.reading.merge import Reading
from llmd_routes.reading.permissions import Wanted
from llmd_routes.reading.prepared import Prepared
from llmd_routes.reading.request import Input
from llmd_routes.reading.settings import Settings
from llmd_routes_sidecar.owners import normalise
from llmd_routes_sidecar.requested import OPERATORS_KEY

from .applying import Writer, Written, apply_object, remove_object
from .changes import Changes, only_additions, plan_changes, ref_of
from .removals import ModelRoute, Removed, Share, lost_routes, routes_of, share_of, unexplained
from .store import View


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of the controller: those of `generate`, and its own; `wanted` is what to read according to them.

    `operators` are the settings that operators requested from the models server, which take precedence. `problems` are
    about options that are not in effect. `requested` is another text whenever an operator requests that
    the cluster is examined again.
    """

    source: Input
    chosen: Mapping[str, Any]
    wanted: Wanted
    is_dry: bool = False
    removes_many: bool = False
    problems: tuple[Problem, ...] = ()
    operators: Settings = field(default_factory=Settings)
    requested: str = ""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces of ModelServices, empty for all."""
        return self.wanted.namespaces


class Wishes(Protocol):
    """The options of a controller, which may change while it runs."""

    def read(self, objects: Iterable[Object]) -> Wish:
        """Return the current options; `objects` are those of the cluster that are known."""
        ...

    def has_changed(self) -> bool:
        """Return whether they may have changed since they were read."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """What one pass leaves for the next: its instance, empty before any pass, and the removals of the last minute."""

    instance: str = ""
    recent: tuple[Removed, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pass has done.

    `routes` is the number of the desired routes, by model and engine; `withheld` are routes that stay although nothing
    requires them. `diff` has a text for each change of a dry run.
    """

    instance: str
    memory: Memory
    applied: tuple[Ref, ...] = ()
    removed: tuple[Ref, ...] = ()
    withheld: tuple[ModelRoute, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()
    diff: tuple[str, ...] = ()
    routes: int = 0

    @property
    def is_complete(self) -> bool:
        """Return whether everything is as desired."""
        return not self.problems and not self.withheld


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is desired, what there is, and the changes between them."""

    emission: Emission
    live: Live
    changes: Changes
    lost: frozenset[ModelRoute] = frozenset()
    withheld: tuple[ModelRoute, ...] = ()
    problems: tuple[Problem, ...] = ()


def run_pass(server: Server, writer: Writer, view: View, wish: Wish, memory: Memory) -> Outcome:
    """Make the routes of a cluster follow what is known of it; return what was done.

    `server` is read, and `writer` is changed.
    Raises PlanError and InputError if no routes can be made from what is known, and ClusterError if the server does
    not respond: then the next pass continues.
    """
    decision = _decide(server, view, wish, memory)
    emission, changes = decision.emission, decision.changes
    outcome = Outcome(
        emission.instance,
        replace(memory, instance=emission.instance),
        withheld=decision.withheld,
        problems=(*wish.problems, *changes.problems, *decision.problems),
        # Kinds that may not be listed are those that the options do not require.
        notices=emission.notices,
        routes=len(routes_of(_desired(emission))),
    )
    if wish.is_dry:
        touched = {identity(obj) for obj in (*changes.apply, *changes.remove)}
        before = [obj for obj in decision.live.objects if identity(obj) in touched]
        return replace(outcome, diff=tuple(differences(changes.apply, before)))
    applied, problems = _apply_all(writer, changes.apply, decision.live.objects)
    removed: list[Ref] = []
    if not problems:
        removed, problems = _write_all(lambda obj: remove_object(writer, obj), changes.remove)
    recent = memory.recent
    if decision.lost:
        recent = (*recent[-100:], Removed(time.monotonic(), decision.lost))
    return replace(
        outcome,
        memory=Memory(emission.instance, recent),
        applied=tuple(applied),
        removed=tuple(removed),
        problems=(*outcome.problems, *problems),
    )


def services_of(view: View, wish: Wish) -> tuple[ModelService, ...]:
    """Return the ModelServices of a view, none if it contradicts the settings."""
    try:
        return _prepared(view.objects, wish).inventory().services
    except InputError:
        return ()


def _decide(server: Server, view: View, wish: Wish, memory: Memory) -> _Decision:
    """Return the changes for a view: without those that remove routes which must stay."""
    decision = _compared(server, view.objects, wish, memory)
    routed = routes_of(decision.live.objects)
    lost = _lost(routed, decision.emission)
    share = share_of(routed, lost, memory.recent, time.monotonic())
    if share.is_too_large and not wish.removes_many:
        withheld = tuple(sorted(lost))
        # With the deleted objects, routes to them stay, and all other changes are made.
        decision = _compared(server, (*view.objects, *view.deleted), wish, memory)
        is_losing = bool(_lost(routed, decision.emission))
        changes = only_additions(decision.changes, decision.live.objects) if is_losing else decision.changes
        problem = _too_many(decision.emission.instance, share)
        return replace(decision, changes=changes, withheld=withheld, problems=(problem,))
    if not memory.instance and not wish.removes_many:
        behind = {route: routed[route] for route in lost}
        unknown = unexplained(behind, view.objects, view.objects)
        if unknown:
            changes = only_additions(decision.changes, decision.live.objects)
            problem = _unexplained(decision.emission.instance, unknown)
            return replace(decision, changes=changes, withheld=tuple(unknown), problems=(problem,))
    return replace(decision, lost=lost)


def _lost(routed: Mapping[ModelRoute, frozenset[Ref]], emission: Emission) -> frozenset[ModelRoute]:
    """Return the routes that an emission lacks, without those that the settings remove by name."""
    services = emission.inventory.services
    removed = {(model, service.owned_by) for service in services for model in service.removed_models}
    lost = lost_routes(routed, routes_of(_desired(emission)))
    return frozenset(route for route in lost if (route.model, route.engine) not in removed)


def _compared(server: Server, objects: Iterable[Object], wish: Wish, memory: Memory) -> _Decision:
    """Return the changes that make the cluster as objects require."""
    emission = _emission(objects, wish, memory)
    desired = _desired(emission)
    live = read_emitted(server, emission.instance, desired, wish.namespaces)
    adopts = ("InferencePool",) if wish.chosen.get("adopt_pools") else ()
    return _Decision(emission, live, plan_changes(desired, live.objects, emission.instance, adopts))


def _emission(objects: Iterable[Object], wish: Wish, memory: Memory) -> Emission:
    """Return the emission for objects, which is empty after the deletion of the last ModelService.

    Raises PlanError if no ModelService has been found since the start.
    """
    prepared = _prepared(objects, wish)
    try:
        return emission_of(prepared, wish.source, {**wish.chosen, "preferred": _preferred(wish)})
    except PlanError:
        inventory = prepared.inventory()
        if inventory.services or any(entry.unread for entry in inventory.ignored):
            raise
        if not memory.instance:
            where = f"namespace {', '.join(wish.namespaces)}" if wish.namespaces else "the cluster"
            raise PlanError(Problem("", f"no ModelService in {where}", "deploy one, or check -n")) from None
        return Emission(memory.instance, (), (), (), prepared.reading.objects, inventory)


def _preferred(wish: Wish) -> dict[str, str]:
    """Return the default engines that operators requested, by model."""
    return {model: normalise(owner) for model, owner in wish.operators.defaults.items()}


def _prepared(objects: Iterable[Object], wish: Wish) -> Prepared:
    settings, operators = wish.source.settings, wish.operators
    return Prepared(
        Reading(in_order(list(objects))),
        Scope(wish.namespaces, assume=True),
        Corrections({}, settings.overrides(), operators.overrides(OPERATORS_KEY), allows_unused=True),
        settings,
        selector=wish.source.selector,
    )


def _desired(emission: Emission) -> list[Object]:
    return [manifest.obj for manifest in emission.manifests]


def _apply_all(
    writer: Writer, objects: Sequence[Object], live: Iterable[Object]
) -> tuple[list[Ref], tuple[Problem, ...]]:
    """Apply objects in order; HTTPRoutes only if every object exists that they may refer to."""
    there = {identity(obj) for obj in live}
    others = [obj for obj in objects if kind_of(obj) != "HTTPRoute"]
    applied, problems = _write_all(lambda obj: apply_object(writer, obj), others)
    done = set(applied)
    if any(identity(obj) not in there and ref_of(obj) not in done for obj in others):
        return applied, problems
    routes, more = _write_all(
        lambda obj: apply_object(writer, obj), [obj for obj in objects if kind_of(obj) == "HTTPRoute"]
    )
    return [*applied, *routes], (*problems, *more)


def _write_all(write: Callable[[Object], Written], objects: Iterable[Object]) -> tuple[list[Ref], tuple[Problem, ...]]:
    done, problems = [], []
    for obj in objects:
        written = write(obj)
        done += [ref_of(obj)] if written.changed else []
        problems += [written.problem] if written.problem else []
    return done, tuple(problems)


def _too_many(instance: str, share: Share) -> Problem:
    fact = f"{share.gone} of {share.routes} routes would be removed within a minute; more than half are not removed"
    fix = "check why their ModelServices were deleted; if that is intended, pass --allow-mass-removal"
    return Problem(f"instance {instance}", fact, fix)


def _unexplained(instance: str, routes: Sequence[ModelRoute]) -> Problem:
    named = ", ".join(map(str, routes[:3])) + (f" and {len(routes) - 3} more" if len(routes) > 3 else "")
    fact = f"no ModelService is found for {named}, although pods of the InferencePool exist; they are not removed"
    fix = "check with llmd-routes discover why; if that is intended, pass --allow-mass-removal"
    return Problem(f"instance {instance}", fact, fix)
