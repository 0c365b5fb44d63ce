"""Choose the objects whose status matters for some Gateways, and judge each one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.model.findings import Finding
from llmd_routes.names import GATEWAY, INSTANCE, POOL_GROUPS

from .components import judge_component
from .conditions import judge_object
from .late_pools import judge_lateness

# The kinds that are chosen by what the routes reference.
_SHOWN: Final = ("GatewayClass", "Gateway", "HTTPRoute", "InferencePool")


def judge_statuses(
    doors: Sequence[Door], pools: set[Ref], around: Surroundings, *, is_live: bool, instance: str | None = None
) -> Iterator[Finding]:
    """Yield what the status of each object reports, in the order of a request."""
    routes = {route.ref: route for door in doors if door.proxy is None for route in door.routes}
    for ref, obj in find_objects(doors, pools, around, instance):
        if ref.kind == "Deployment":
            yield from judge_component(ref, obj, is_live=is_live)
            continue
        late = list(judge_lateness(routes[ref], obj, around)) if ref in routes else []
        yield from late or judge_object(ref, obj, is_live=is_live)


def find_objects(
    doors: Sequence[Door], pools: set[Ref], around: Surroundings, instance: str | None = None
) -> Iterator[tuple[Ref, Object]]:
    """Yield the objects whose status matters for some Gateways and their InferencePools, in the order of a request.

    Generated policies and Deployments are those of one instance, of all instances without a name.
    """
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
    reporting = {kind for door in doors for kind in door.implementation.reports}
    for obj in objects.objects:
        owner, ref = text(obj, "metadata", "labels", INSTANCE), objects.ref(obj)
        if owner is None or instance not in (None, owner) or ref.kind in _SHOWN:
            continue
        if ref.kind in ("Deployment", *reporting) or items(obj, "status", "ancestors"):
            yield ref, obj
