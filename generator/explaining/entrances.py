"""Find the Gateway that receives a request, and which routes of its listeners have the host of the request. Pure.

Spec: https://gateway-api.sigs.k8s.io/reference/spec/, Listener and HTTPRouteSpec.hostnames
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from llmd_routes.errors import InputError
from llmd_routes.gateways import IMPLEMENTATIONS, by_name
from llmd_routes.gateways.implementation import Implementation
from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Object, Ref, group_of_reference, items, text, texts
from llmd_routes.model.body_readings import EmittedProxy
from llmd_routes.model.gateways import Gateway, Listener, Route
from llmd_routes.model.inventory import Inventory
from llmd_routes.model.plan import Attachment
from llmd_routes.names import GATEWAY
from llmd_routes.planning.listeners import admits, hosts_on, intersect

_PROTOCOLS = ("HTTP", "HTTPS")


@dataclass(frozen=True, slots=True)
class Door:
    """A Gateway, or the Service of an emitted proxy, with the routes that may be attached to it.

    `gateway` is None if only routes reference it, and for a `proxy`. `addresses` are where clients reach it.
    """

    ref: Ref
    implementation: Implementation
    routes: tuple[Route, ...]
    gateway: Gateway | None = None
    proxy: EmittedProxy | None = None
    addresses: tuple[str, ...] = ()

    def status_without_picker(self, mode: str) -> int | None:
        """Return the status of requests while an endpoint picker is unavailable; None if pods are chosen without it."""
        release = self.gateway.releases.get(self.implementation.name) if self.gateway else None
        return self.implementation.status_without_picker(mode, release)


@dataclass(frozen=True, slots=True)
class Hosted:
    """A route with the most specific of its host names that the request has; "" for any host."""

    route: Route
    host: str


def find_doors(inventory: Inventory, objects: Objects, implementation: str | None = None) -> list[Door]:
    """Return the Gateways of the input and of its routes, and the emitted proxies, by reference.

    `implementation` is assumed for Gateways whose class does not identify it.
    """
    known = {gateway.ref: gateway for gateway in inventory.gateways}
    refs = sorted({*known, *(ref for route in inventory.routes for ref in _parents(route))})
    addresses = {objects.ref(obj): tuple(_addresses(obj)) for obj in objects.of("Gateway", GATEWAY)}
    doors = []
    for ref in refs:
        gateway = known.get(ref)
        name = implementation or (gateway.implementation if gateway else None) or _guessed(ref, inventory)
        routes = tuple(route for route in inventory.routes if ref in _parents(route))
        doors.append(Door(ref, _named(name), routes, gateway, addresses=addresses.get(ref, ())))
    for one in IMPLEMENTATIONS:
        doors += [Door(proxy.ref, one, proxy.routes, proxy=proxy) for proxy in one.emitted_proxies(objects)]
    return doors


def choose_door(doors: Sequence[Door], wanted: Sequence[str], address: str, namespaces: Sequence[str] = ()) -> Door:
    """Return the Gateway that a request reaches, among those `wanted` ([NS/]NAME; all if empty).

    It is the one with the address; else the only one in the namespaces that were selected, or with routes of them; else
    the only one with routes; else the only one. Raises InputError otherwise.
    """
    among = wanted_doors(doors, wanted)
    choices = (
        [door for door in among if address in door.addresses],
        [door for door in among if {door.ref.namespace, *(r.ref.namespace for r in door.routes)} & {*namespaces}],
        [door for door in among if door.routes],
    )
    fitting = next(filter(None, choices), among)
    if len(fitting) > 1:
        raise InputError(f"the input contains several Gateways; pass --gateway with one of {_names(fitting)}")
    return fitting[0]


def wanted_doors(doors: Sequence[Door], wanted: Sequence[str]) -> list[Door]:
    """Return the Gateways that are `wanted` ([NS/]NAME), all without names.

    Raises InputError for unknown names, and for input without a Gateway.
    """
    if not doors:
        raise InputError("the input contains no Gateway and no HTTPRoute; add them, or pass another -n or -f")
    return [door for name in wanted for door in _named_doors(doors, name)] or list(doors)


def _named_doors(doors: Sequence[Door], name: str) -> list[Door]:
    named = [door for door in doors if name in (door.ref.name, f"{door.ref.namespace}/{door.ref.name}")]
    if len(named) != 1:
        fact = "several Gateways of the input have this name" if named else "not in the input"
        raise InputError(f"--gateway {name}: {fact}; pass one of {_names(doors)}")
    return named


def listeners_of(door: Door, scheme: str, port: int) -> tuple[tuple[Listener, ...], str | None]:
    """Return the listeners of a port, and a doubt if the port is assumed because the Gateway has only one.

    Raises InputError if no listener can be meant.
    """
    if door.gateway is None:
        return (), None
    speaking = [listener for listener in door.gateway.listeners if listener.protocol in _PROTOCOLS]
    exact = tuple(listener for listener in speaking if listener.port == port)
    if exact:
        return exact, None
    protocol = scheme.upper()
    same = [listener for listener in speaking if listener.protocol == protocol] or speaking
    ports = sorted({listener.port for listener in same})
    if len(ports) != 1:
        shown = ", ".join(map(str, ports)) or "none"
        raise InputError(f"{door.ref}: has no listener on port {port}; use one of its ports in the URL: {shown}")
    listeners = tuple(listener for listener in same if listener.port == ports[0])
    return listeners, f"{door.ref} has no listener on port {port}; port {ports[0]} is assumed"


def hosted_routes(door: Door, listeners: Sequence[Listener], host: str) -> tuple[Hosted, ...]:
    """Return the routes that listeners accept for a host, each with the host name by which it is chosen.

    If host names exclude each other, only the routes with the most specific one are returned.
    """
    name = re.sub(r":[0-9]*$", "", host).lower()
    hosted = []
    for route in door.routes:
        served = [each for each in hosts_of_route(door, listeners, route) if not each or intersect(each.lower(), name)]
        if served:
            hosted.append(Hosted(route, max(served, key=host_rank)))
    if not door.implementation.precedence.hosts_exclude:
        return tuple(hosted)
    most = max((host_rank(each.host) for each in hosted), default=(0, 0))
    return tuple(each for each in hosted if host_rank(each.host) == most)


def hosts_of_route(door: Door, listeners: Sequence[Listener], route: Route) -> list[str]:
    """Return the hosts that a route serves on each listener that accepts it; "" for any."""
    hostnames = texts(route.spec, "hostnames")
    if door.gateway is None:
        return hostnames or [""]
    hosts: list[str] = []
    for listener in listeners:
        attachment = Attachment(door.ref, door.implementation.name, None, door.gateway, listener)
        if attachment.takes(route) and admits(door.gateway, listener, route.ref.namespace):
            hosts += hosts_on(listener, hostnames)
    return hosts


def host_rank(host: str) -> tuple[int, int]:
    """Return the rank of a host name: exact ones by length, then all by length."""
    return 0 if host.startswith("*") else len(host), len(host)


def _parents(route: Route) -> set[Ref]:
    return {
        Ref(text(parent, "namespace") or route.ref.namespace, "Gateway", text(parent, "name") or "")
        for parent in items(route.spec, "parentRefs")
        if (group_of_reference(parent, GATEWAY), text(parent, "kind") or "Gateway") == (GATEWAY, "Gateway")
    }


def _guessed(gateway: Ref, inventory: Inventory) -> str | None:
    """Return the implementation whose emitted policies make a Gateway read bodies, None if there are none."""
    attached = {route.ref for route in inventory.routes if gateway in _parents(route)}
    for one in IMPLEMENTATIONS:
        for reading in one.body_readings(gateway, inventory.policies, lambda service: None):
            if reading.routes is None or reading.routes & attached:
                return one.name
    return None


def _named(name: str | None) -> Implementation:
    return by_name(name) if name else Implementation("unknown", (), ())


def _addresses(gateway: Object) -> Iterator[str]:
    for address in (*items(gateway, "status", "addresses"), *items(gateway, "spec", "addresses")):
        if value := text(address, "value"):
            yield value


def _names(doors: Iterable[Door]) -> str:
    return ", ".join(f"{door.ref.namespace}/{door.ref.name}" for door in doors) or "none"
