"""The interface of an implementation of the Gateway API. The defaults route by headers alone.

An implementation that differs in more than facts overrides methods. Planning, rendering and reporting never name one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Object, Ref
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.bodies import Bodies, Carrier, CarrierKind
from llmd_routes.model.body_readings import BodyReading, EmittedProxy
from llmd_routes.model.endpoint import Endpoint
from llmd_routes.model.gateways import Policy, Route, Version
from llmd_routes.model.inventory import Platform
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment, Backend, PlannedRoute, RouteSet
from llmd_routes.model.precedence import Precedence
from llmd_routes.model.printed import Printed
from llmd_routes.model.processors import PayloadProcessor
from llmd_routes.notices import Notice
from llmd_routes.problems import Problem
from llmd_routes_sidecar.answers import Answer
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.request_head import Request

from .releases import Running

# What implementations differ in, for the table of the documentation.
Feature = Literal[
    "pools",
    "headers",
    "in-gateway",
    "ext-proc",
    "ext-authz",
    "payload-processor",
    "answers",
    "split",
    "unknown-engines",
    "timeouts",
]


# The settings of the external service behind a Service, None if they are unknown.
Services = Callable[[Ref], Settings | None]


class ObjectKind(NamedTuple):
    """The API group and the kind of an object."""

    group: str
    kind: str


class BodyReader(NamedTuple):
    """An existing object that makes a Gateway read request bodies before routing.

    It calls a `service`, or sets `headers` (in lower case) itself.
    """

    policy: Ref
    service: Ref | None = None
    headers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Draft:
    """The plan so far; each stage of planning adds its part.

    `defaults` maps each model to its default engine; `splits` maps models to the weights of several engines instead.
    `foreign` are the HTTPRoutes of other instances and tools, `policies` the objects that implementations read; both of
    all Gateways. `rule_names` is whether rules of HTTPRoutes can have names. `timeout` is the requested timeout of
    requests, None if none is requested; with `keeps_query` POST requests keep their query. `endpoint` returns the
    models list. `processors` are existing ones. `removed` are services whose routes the settings remove.
    """

    route_set: RouteSet
    backends: Sequence[Backend] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    carrier: Carrier = field(default_factory=Carrier)
    routes: Sequence[PlannedRoute] = ()
    foreign: Sequence[Route] = ()
    policies: Sequence[Policy] = ()
    rule_names: bool = True
    processors: Sequence[PayloadProcessor] = ()
    timeout: str | None = None
    keeps_query: bool = False
    endpoint: Endpoint = field(default_factory=Endpoint)
    removed: Sequence[Backend] = ()


@dataclass(frozen=True)
class Implementation:
    """An implementation of Gateway API, by what differs from others.

    It is identified by the `controllers` of GatewayClasses (spec.controllerName). If a GatewayClass is not in the
    input, it is identified by the names that installers give to `classes` (shell patterns).
    """

    name: str
    controllers: tuple[str, ...]
    classes: tuple[str, ...]
    # Why it does not route to InferencePools, or None if it does.
    poolless: str | None = None
    # Its name in the documentation, and the features that the tests run with its real software, or with a stand-in for
    # a part of it; the others are from its source and documentation.
    title: str = ""
    run: frozenset[Feature] = frozenset()
    imitated: frozenset[Feature] = frozenset()
    # Why it cannot route by headers at all, as fact and fix; nothing is generated for its Gateways.
    refused: tuple[str, str] | None = None
    # What users of its InferencePools must check, as fact and fix.
    caution: tuple[str, str] | None = None
    # Its own kinds: those that are read, and those that are emitted, in apply order.
    reads: tuple[ReadKind, ...] = ()
    prints: tuple[ReadKind, ...] = ()
    # Whether its proxies run in the namespace of the Gateway.
    beside_gateway: bool = False
    # Whether it has no Gateway and no HTTPRoutes: llmd-routes emits its proxies.
    gatewayless: bool = False
    # Why it ignores weights of InferencePools, or None if it supports them.
    weightless: str | None = None
    # The ways in which it can read bodies; if empty, clients must send the headers.
    carriers: tuple[CarrierKind, ...] = ()
    # The headers of clients that a Gateway which reads bodies removes from all requests.
    removes: tuple[str, ...] = ()
    # Whether existing policies of it can call an existing payload processor.
    calls_processors: bool = False
    # The longest models list that a Gateway can return itself, in bytes.
    list_bytes: int = 0
    # Whether an HTTPRoute can have only one InferencePool.
    one_pool_per_route: bool = False
    # Whether header matches can be regular expressions.
    patterns: bool = True
    # Where timeouts of requests are set: in rules, by policies of its own, or nowhere.
    timeouts: Literal["rule", "policy", "none"] = "rule"
    # Whether its proxies retry a request with the header x-envoy-retry-on.
    retries: bool = True
    # Whether it asks an endpoint picker once for each match of its pool.
    picks_per_match: bool = False
    # If it asks all endpoint pickers about requests without a route: the kind of a filter that answers them in a rule.
    answers: ObjectKind | None = None
    # How it chooses among the matches of HTTPRoutes.
    precedence: Precedence = field(default_factory=Precedence)
    # The status of requests that a rule without backends matches.
    backendless: int = 500
    # The status while no endpoint picker is available, by failureMode; None if it then chooses pods itself.
    pickerless: Mapping[str, int | None] = field(default_factory=lambda: {"FailOpen": None, "FailClose": 500})
    # Whether its answers to requests that no engine serves belong to rules with names.
    answers_by_rule: bool = False
    # Whether its body-based routing draws an engine for `--split`; otherwise rules have weights.
    draws: bool = True
    # Whether its body-based routing can remove fields that name the engine.
    strips: bool = True
    # The kinds in whose status its controller reports, besides GatewayClass, Gateway and HTTPRoute.
    reports: tuple[str, ...] = ()
    # The header `server` of all answers that pass through its proxies, empty if engines can set it.
    server_header: str = ""
    # Whether endpoint pickers get bodies of any size.
    streams: bool = False

    def why_poolless(self, platform: Platform) -> str | None:
        """Return why it does not route to InferencePools on an API server, or None if it does."""
        return self.poolless

    def release(self, gateway: Ref, workloads: Sequence[Workload]) -> Version | None:
        """Return the release that runs a Gateway, from the images of its workloads; None if it is unknown."""
        return None

    def running(self, gateway: Ref, objects: Objects) -> Running:
        """Return the releases of a Gateway's proxies and of its control planes, as far as images show them."""
        return Running()

    def status_without_picker(self, mode: str, release: Version | None) -> int | None:
        """Return the status of requests while no endpoint picker is available; None if it then chooses pods itself."""
        return self.pickerless.get(mode)

    def policies(self, objects: Objects) -> Iterator[Policy]:
        """Yield the existing objects of its own kinds that can conflict with emitted ones."""
        yield from ()

    def body_readers(self, attachment: Attachment, policies: Iterable[Policy]) -> Iterator[BodyReader]:
        """Yield the objects of other owners that make a Gateway read bodies; instances of llmd-routes are not meant."""
        yield from ()

    def body_readings(self, gateway: Ref, policies: Sequence[Policy], services: Services) -> Iterator[BodyReading]:
        """Yield how emitted policies of any instance make a Gateway read bodies."""
        yield from ()

    def early_removals(self, gateway: Ref, policies: Iterable[Policy]) -> Mapping[str, Ref]:
        """Return the headers of clients (in lower case) that a Gateway removes before anything reads them, by whom."""
        return {}

    def emitted_proxies(self, objects: Objects) -> Iterator[EmittedProxy]:
        """Yield the emitted proxies of a `gatewayless` implementation."""
        yield from ()

    def direct_response(
        self, route: Route, rule: Object, policies: Sequence[Policy], request: Request
    ) -> Answer | None:
        """Return what filters and policies of a rule answer to a request in place of a backend, None without them."""
        return None

    def kept_defaults(self, policies: Iterable[Policy]) -> Mapping[str, str]:
        """Return the default engine of each model that the policies of one instance keep, besides its HTTPRoutes."""
        return {}

    def limits(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        """Yield what it does not support on a Gateway: an error, or a notice if the Gateway's release decides."""
        yield from ()

    def carrier_limits(self, kind: CarrierKind, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        """Yield what prevents (an error) or restricts (a notice) a component that reads bodies for a Gateway."""
        yield from ()

    def bodies(self, attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
        """Yield the objects that make a Gateway read request bodies."""
        yield from ()

    def proxies(
        self, attachment: Attachment, draft: Draft, bodies: Bodies | None, options: Options
    ) -> Iterator[Printed | str | Problem]:
        """Yield the proxies of a `gatewayless` implementation, and an error for each backend that it cannot reach.

        Without `bodies`, request bodies are not read.
        """
        yield from ()

    def additions(self, draft: Draft) -> Iterator[Printed | str]:
        """Yield the objects that it needs besides pools and routes, and an error for each that cannot be emitted."""
        yield from ()

    def in_the_way(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        """Yield the conflicts with existing objects: an error if the routes cannot coexist with them, else a notice.

        Conflicts between the matches of routes are the same for all implementations and are detected elsewhere.
        """
        yield from ()
