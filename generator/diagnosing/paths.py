"""Find the ways from Gateways to backends, and which Gateways and routes matter for engines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from llmd_routes.explaining.backends import resolve_backends
from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.inventory.routes import pools_of
from llmd_routes.kube.objects import items
from llmd_routes.model.findings import ServingPath
from llmd_routes.model.gateways import Route


def judged_doors(doors: Sequence[Door]) -> list[Door]:
    """Return the Gateways with the routes that matter; all Gateways if none has such a route."""
    narrowed = [
        door if door.proxy else replace(door, routes=tuple(filter(_leads_to_engines, door.routes))) for door in doors
    ]
    return [door for door in narrowed if door.routes] or narrowed


def find_paths(doors: Sequence[Door], around: Surroundings) -> Iterator[tuple[ServingPath, Door, Route]]:
    """Yield each backend of each rule with its Gateway and route; equal backends of several matches once."""
    for door in doors:
        for route in door.routes:
            for number, rule in enumerate(items(route.spec, "rules"), start=1):
                for destination in resolve_backends(route, rule, around):
                    yield ServingPath(door.ref, route.ref, number, destination), door, route


def is_read(path: ServingPath) -> bool:
    """Return whether the backend of a path is in the input."""
    destination = path.destination
    return destination.backend.kind != "InferencePool" or bool(destination.port)


def _leads_to_engines(route: Route) -> bool:
    return route.instance is not None or bool(pools_of(route))
