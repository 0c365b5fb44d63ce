"""Diagnose an installation: the one function behind `llmd-routes doctor`. Pure.

The order is that of a request: the class of the Gateway, the Gateway, routes, pools, policies, pickers, pods. What
comes first is likely to cause the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.model.explanation import Destination
from llmd_routes.model.findings import Diagnosis, Finding, ServingPath
from llmd_routes.model.gateways import Route
from llmd_routes.notices import Notice
from llmd_routes.problems import Problem

from .backends import judge_destination
from .body_limits import judge_body_limits
from .bypasses import judge_bypasses
from .gateway_chains import judge_chains
from .known_problems import blocked, broken_now
from .paths import find_paths, is_read, judged_doors
from .proxy_releases import judge_proxies
from .reachability import judge_reachability
from .statuses import judge_statuses


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
    judged = judged_doors(doors)
    paths = list(find_paths(judged, around))
    findings = [
        *judge_statuses(judged, {path.destination.backend for path, _, _ in paths}, around, is_live=is_live),
        *judge_chains(judged, doors, around),
        *(_without_routes(door, known) for door in judged if not door.routes),
        *(finding for door in judged for finding in _door_findings(door, around)),
        *(found for door in judged for found in judge_body_limits(door, _destinations(door, paths), around)),
        *(
            found
            for path, door, route in paths
            for found in judge_destination(door, route, path.rule, path.destination)
        ),
        *judge_bypasses(dict.fromkeys(path.destination.backend for path, _, _ in paths), around),
        *blocked(known.problems),
        *broken_now(known.notices),
    ]
    # Errors first; within one severity, what comes earlier on the way of a request.
    ordered = sorted(dict.fromkeys(findings), key=lambda finding: finding.severity != "error")
    sound = [path for path, _, _ in paths if not _concerned(path) & {finding.object for finding in findings}]
    known_ends = [is_read(path) for path in sound]
    return Diagnosis(
        tuple(ordered),
        tuple(path for path, read in zip(sound, known_ends, strict=True) if read),
        tuple(path for path, read in zip(sound, known_ends, strict=True) if not read),
    )


def _destinations(door: Door, paths: Sequence[tuple[ServingPath, Door, Route]]) -> Iterator[Destination]:
    return (path.destination for path, one, _ in paths if one is door)


def _door_findings(door: Door, around: Surroundings) -> Iterator[Finding]:
    """Yield what is wrong with a Gateway and with what its rules match."""
    yield from judge_proxies(door, around)
    yield from judge_reachability(door, around)


def unrouted(doors: Sequence[Door]) -> list[Door]:
    """Return the Gateways that `diagnose` judges and that have no route to engines."""
    return [door for door in judged_doors(doors) if not door.routes]


def _without_routes(door: Door, known: Known) -> Finding:
    fact, impact = "no HTTPRoute to an InferencePool is attached to it", "requests to engines get 404"
    fix = "run llmd-routes generate"
    fix = f"correct what prevents its output, then {fix}" if known.problems else fix
    return Finding("error", "no-route", str(door.ref), "", fact, impact, fix)


def _concerned(path: ServingPath) -> set[str]:
    """Return the objects of a path."""
    destination = path.destination
    return {str(path.gateway), str(path.route), str(destination.backend), str(destination.picker)}
