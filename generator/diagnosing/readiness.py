"""Judge whether the objects of an instance are in effect: accepted by their controllers, with pickers that are ready.

Unlike a diagnosis, readiness requires a report about each object: an object without a status is not ready. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.model.findings import Finding, ServingPath

from .backends import judge_destination
from .paths import find_paths
from .statuses import find_objects, judge_statuses

_IMPACT = "it may not be in effect"
_FIX = "check that its controller runs, and see the log of the controller"


@dataclass(frozen=True, slots=True)
class Readiness:
    """The objects of an instance in the order of a request, and what is not in effect yet.

    `paths` lead from its routes to backends.
    """

    objects: tuple[Ref, ...]
    findings: tuple[Finding, ...]
    paths: tuple[ServingPath, ...]

    @property
    def waiting(self) -> tuple[str, ...]:
        """Return the objects that are not in effect yet, in order."""
        return tuple(dict.fromkeys(finding.object for finding in self.findings))


def judge_readiness(doors: Sequence[Door], around: Surroundings, instance: str | None) -> Readiness:
    """Return the readiness of one instance, of all instances without a name.

    Pods of engines are not judged: they may load their model for long.
    """
    own = [door for door in (_of_instance(door, instance) for door in doors) if door.routes]
    paths = list(find_paths(own, around))
    pools = {path.destination.backend for path, _, _ in paths}
    objects = list(find_objects(own, pools, around, instance))
    findings = [
        *([] if own else [_missing(doors, instance)]),
        *judge_statuses(own, pools, around, is_live=True, instance=instance),
        *(found for ref, obj in objects for found in _unreported(ref, obj, own)),
        *(
            found
            for path, door, route in paths
            for found in judge_destination(door, route, path.rule, path.destination)
            if found.cause != "pods"
        ),
    ]
    pickers = [path.destination.picker for path, _, _ in paths if path.destination.picker is not None]
    named = dict.fromkeys((*(ref for ref, _ in objects), *pickers))
    return Readiness(tuple(named), tuple(dict.fromkeys(findings)), tuple(path for path, _, _ in paths))


def _of_instance(door: Door, instance: str | None) -> Door:
    if door.proxy is not None and instance is None:
        return door
    routes = [route for route in door.routes if route.instance is not None and instance in (None, route.instance)]
    return replace(door, routes=tuple(routes))


def _missing(doors: Sequence[Door], instance: str | None) -> Finding:
    where = ", ".join(str(door.ref) for door in doors)
    fact = f"no HTTPRoute of instance {instance} is attached to it" if instance else "it has no generated HTTPRoute"
    fix = "apply the output of llmd-routes generate"
    return Finding("error", "no-route", where, "", fact, "requests to engines get 404", fix)


def _unreported(ref: Ref, obj: Object, doors: Sequence[Door]) -> Iterator[Finding]:
    """Yield a finding if a controller that reports about objects of a kind has not reported about this one."""
    reporting = {kind for door in doors for kind in door.implementation.reports}
    if ref.kind == "HTTPRoute":
        gateways = {door.ref for door in doors if any(route.ref == ref for route in door.routes)}
        missing = gateways - {gateway for gateway in _accepting(ref, obj)}
        if missing and items(obj, "status", "parents"):
            yield _silent(ref, "status.parents", f"no controller reports a status for {min(missing)}")
    elif ref.kind == "InferencePool" and ref.kind in reporting:
        if not any(_accepting(ref, obj)):
            yield _silent(ref, "status.parents", "no controller reports a status")
    elif ref.kind in reporting and not items(obj, "status", "ancestors"):
        yield _silent(ref, "status.ancestors", "no controller reports a status")


def _accepting(ref: Ref, obj: Object) -> Iterator[Ref]:
    """Yield the Gateways whose controllers report a condition about a route or a pool."""
    for parent in items(obj, "status", "parents"):
        if any(text(condition, "type") == "Accepted" for condition in items(parent, "conditions")):
            namespace = text(parent, "parentRef", "namespace") or ref.namespace
            if text(parent, "parentRef", "kind") in (None, "Gateway"):
                yield Ref(namespace, "Gateway", text(parent, "parentRef", "name") or "")


def _silent(ref: Ref, field: str, fact: str) -> Finding:
    return Finding("error", "no-status", str(ref), field, fact, _IMPACT, _FIX)
