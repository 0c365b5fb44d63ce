"""What is known of an implementation of the Gateway API, and what is asked of it. The defaults route by headers alone.

An implementation that differs in more than facts overrides methods. Planning, rendering and reporting never name one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from llmd_routes.kube.kinds import ReadKind
from llmd_routes.model.inventory import Inventory, Route
from llmd_routes.model.plan import Attachment, Backend, Carrier, PlannedRoute
from llmd_routes.model.printed import Printed
from llmd_routes.notices import Notice


@dataclass(frozen=True, slots=True)
class Draft:
    """What is planned so far. `foreign` are the routes of other instances and of other tools, of all Gateways."""

    instance: str
    inventory: Inventory
    backends: Sequence[Backend]
    routes: Sequence[PlannedRoute]
    foreign: Sequence[Route]
    carrier: Carrier


@dataclass(frozen=True)
class Implementation:
    """An implementation.

    It is recognised by the `controllers` of GatewayClasses (spec.controllerName), or, where a GatewayClass is not in
    the input, by the names that installers give to `classes` (shell patterns).

    `refused` is why nothing is generated for it, with the way out; `caution` what its users must check, as fact and
    remedy. `reads` and `prints` are kinds of its own, the latter in apply order. With `beside_gateway` its proxies run
    in the namespace of the Gateway. `weightless` is why it ignores weights of InferencePools, None where it honours
    them. `carriers` are the ways in which it can read bodies; empty where clients must send the headers.
    """

    name: str
    controllers: tuple[str, ...]
    classes: tuple[str, ...]
    refused: str | None = None
    caution: tuple[str, str] | None = None
    reads: tuple[ReadKind, ...] = ()
    prints: tuple[ReadKind, ...] = ()
    beside_gateway: bool = False
    weightless: str | None = None
    carriers: tuple[Literal["in-gateway", "sidecar"], ...] = ()

    def limits(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        """Yield what it cannot do for a Gateway: a line that blocks, or a notice where that depends on its release."""
        yield from ()

    def bodies(self, carrier: Carrier) -> Iterator[Printed]:
        """Yield the objects by which it reads bodies as the carrier says."""
        yield from ()

    def additions(self, draft: Draft) -> Iterator[Printed | str]:
        """Yield the objects that it needs beside pools and routes, and a line for each that cannot be emitted."""
        yield from ()

    def in_the_way(self, route: Route) -> Iterator[Notice]:
        """Yield what a route of another tool on the same listener does to all others, beyond its matches."""
        yield from ()
