"""Diagnose an installation: the one function behind `llmd-routes doctor`. Pure.

The order is that of a request: the class of the Gateway, the Gateway, routes, pools, policies, pickers, pods. What
comes first is likely to cause the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from llmd_routes.explaining.backends import resolve_backends
from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.inventory.routes import pools_of
from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.model.findings import Diagnosis, Finding, ServingPath
from llmd_routes.model.gateways import Route
from llmd_routes.names import GATEWAY, INSTANCE, POOL_GROUPS
from llmd_routes.notices import Notice
from llmd_routes.problems import Problem

from .backends import judge_destination
from .conditions import judge_object
from .gateway_chains import judge_chains
from .known_problems import blocked, broken_now
from .late_pools import judge_lateness
from .proxy_releases import judge_proxies
from .reachability import judge_reachability


@dataclass(frozen=True, slots=True)
class Known:
    """What other commands know: notices, and the problems that prevent routes for the Gateways without any."""

    notices: Sequence[Notice] = ()
    problems: Sequence[Problem] = ()


def diagnose(doors: Sequence[Door], around: Surroundings, known: Known, *, is_live: bool) -> Diagnosis:
    """Return what is broken on some Gateways and behind them, and the paths that nothing is wrong with.

    Other applications are not judged: routes without an InferencePool that llmd-routes has not generated, and Gateways
    with only such routes while another one has more.
    """
    judged = _relevant(doors)
    paths = list(_paths(judged, around))
    findings = [
        *_status_findings(judged, {path.destination.backend for path, _, _ in paths}, around, is_live=is_live),
        *judge_chains(judged, doors, around),
        *(_without_routes(door, known) for door in judged if not door.routes),
        *(finding for door in judged for finding in _door_findings(door, around)),
        *(
            found
            for path, door, route in paths
            for found in judge_destination(door, route, path.rule, path.destination)
        ),
        *blocked(known.problems),
        *broken_now(known.notices),
    ]
    # Errors first; within one severity, what comes earlier on the way of a request.
    ordered = sorted(dict.fromkeys(findings), key=lambda finding: finding.severity != "error")
    sound = [path for path, _, _ in paths if not _concerned(path) & {finding.object for finding in findings}]
    is_read = [_is_read(path) for path in sound]
    return Diagnosis(
        tuple(ordered),
        tuple(path for path, read in zip(sound, is_read, strict=True) if read),
        tuple(path for path, read in zip(sound, is_read, strict=True) if not read),
    )


def _status_findings(
    doors: Sequence[Door], pools: set[Ref], around: Surroundings, *, is_live: bool
) -> Iterator[Finding]:
    """Yield what the status of each object reports, in the order of a request."""
    routes = {route.ref: route for door in doors if door.proxy is None for route in door.routes}
    for ref, obj in _judged(doors, pools, around):
        late = list(judge_lateness(routes[ref], obj, around)) if ref in routes else []
        yield from late or judge_object(ref, obj, is_live=is_live)


def _door_findings(door: Door, around: Surroundings) -> Iterator[Finding]:
    """Yield what is wrong with a Gateway and with what its rules match."""
    yield from judge_proxies(door, around)
    yield from judge_reachability(door, around)


def unrouted(doors: Sequence[Door]) -> list[Door]:
    """Return the Gateways that `diagnose` judges and that have no route to engines."""
    return [door for door in _relevant(doors) if not door.routes]


def _relevant(doors: Sequence[Door]) -> list[Door]:
    """Return the Gateways with the routes that matter; all Gateways if none has such a route."""
    narrowed = [
        door if door.proxy else replace(door, routes=tuple(filter(_leads_to_engines, door.routes))) for door in doors
    ]
    return [door for door in narrowed if door.routes] or narrowed


def _leads_to_engines(route: Route) -> bool:
    return route.instance is not None or bool(pools_of(route))


def _without_routes(door: Door, known: Known) -> Finding:
    fact, impact = "no HTTPRoute to an InferencePool is attached to it", "requests to engines get 404"
    fix = "run llmd-routes generate"
    fix = f"correct what prevents its output, then {fix}" if known.problems else fix
    return Finding("error", "no-route", str(door.ref), "", fact, impact, fix)


def _concerned(path: ServingPath) -> set[str]:
    """Return the objects of a path."""
    destination = path.destination
    return {str(path.gateway), str(path.route), str(destination.backend), str(destination.picker)}


def _is_read(path: ServingPath) -> bool:
    """Return whether the backend of a path is in the input."""
    destination = path.destination
    return destination.backend.kind != "InferencePool" or bool(destination.port)


def _judged(doors: Sequence[Door], pools: set[Ref], around: Surroundings) -> Iterator[tuple[Ref, Object]]:
    """Yield the objects whose status matters for some Gateways and their InferencePools, in the order of a request."""
    objects = around.objects
    gateways = {door.ref for door in doors}
    classes = {door.gateway.gateway_class for door in doors if door.gateway is not None}
    routes = {route.ref for door in doors if door.proxy is None for route in door.routes}
    for obj in objects.of("GatewayClass", GATEWAY):
        if text(obj, "metadata", "name") in classes:
            yield objects.ref(obj), obj
    for kind, wanted in (("Gateway", gateways), ("HTTPRoute", routes)):
        yield from ((objects.ref(obj), obj) for obj in objects.of(kind, GATEWAY) if objects.ref(obj) in wanted)
    for group in POOL_GROUPS:
        for obj in objects.of("InferencePool", group):
            if objects.ref(obj) in pools:
                yield objects.ref(obj), obj
    for obj in objects.objects:
        if items(obj, "status", "ancestors") and text(obj, "metadata", "labels", INSTANCE) is not None:
            yield objects.ref(obj), obj


def _paths(doors: Sequence[Door], around: Surroundings) -> Iterator[tuple[ServingPath, Door, Route]]:
    """Yield each backend of each rule with its Gateway and route; equal backends of several matches once."""
    for door in doors:
        for route in door.routes:
            for number, rule in enumerate(items(route.spec, "rules"), start=1):
                for destination in resolve_backends(route, rule, around):
                    yield ServingPath(door.ref, route.ref, number, destination), door, route
