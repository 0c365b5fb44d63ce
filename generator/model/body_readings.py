"""The values that describe how existing objects make a gateway read request bodies. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llmd_routes.kube.objects import Ref
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.served import Served

from .bodies import CarrierKind
from .gateways import Route


@dataclass(frozen=True, slots=True)
class BodyReading:
    """How a `policy` makes a Gateway read request bodies, and the Service that it calls, if any.

    `settings` are those of the contract of llmd-routes, None for other readers and if they are unknown. Other readers
    copy the fields `copies` of bodies to headers (in lower case), None if that is unknown. What is `served` answers
    requests that no engine serves: if it `responds`, before a route is selected; else in place of rules without
    backends. A policy of `routes` runs only for requests that one of them matches before the body is read. Without
    `rejects`, bodies that cannot be read have no model instead; so do forms without `reads_forms`.
    """

    policy: Ref
    kind: CarrierKind | None = None
    service: Ref | None = None
    settings: Settings | None = None
    copies: Mapping[str, str] | None = None
    served: Served | None = None
    responds: bool = False
    routes: frozenset[Ref] | None = None
    rejects: bool = True
    reads_forms: bool = True


@dataclass(frozen=True, slots=True)
class EmittedProxy:
    """A proxy without a Gateway, by its Service: its routes in the form of HTTPRoutes, in the order of its matches.

    Without a `reading`, clients send the headers.
    """

    ref: Ref
    routes: tuple[Route, ...]
    reading: BodyReading | None = None
