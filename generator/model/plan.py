"""The values of a plan: what is to be emitted, and where each ModelService's requests go. Frozen, no YAML, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

from llmd_routes.kube.objects import Object, Ref, ServicePort, group_of_reference, items, port_number, text
from llmd_routes.names import GATEWAY
from llmd_routes.notices import Notice

from .bodies import Carrier
from .endpoint import Endpoint
from .gateways import Gateway, Listener, Route, Version
from .inventory import Epp, ModelService, Pool
from .printed import Printed


@dataclass(frozen=True, slots=True)
class Keyed:
    """A ModelService with the values that select it in requests: its owner key, and its models in served order."""

    service: ModelService
    owner: str
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedPool:
    """An InferencePool to emit; `group` is the API group, `epp` the name of its EPP Service."""

    ref: Ref
    group: str
    selector: Mapping[str, str]
    ports: tuple[int, ...]
    epp: str
    epp_port: int
    failure_mode: str = "FailOpen"


@dataclass(frozen=True, slots=True)
class PlannedEpp:
    """An endpoint picker to deploy for a pool: `config` is the text of its EndpointPickerConfig."""

    ref: Ref
    pool: Ref
    group: str
    image: str
    config: str


@dataclass(frozen=True, slots=True)
class Backend:
    """The InferencePool or Service behind a ModelService, and its API group; `port` is that of a Service.

    An InferencePool is an existing one (`there` if it is in the input), or the `planned` one. `epp` is its endpoint
    picker if that is in the input or planned; `planned_epp` is one to deploy.
    """

    keyed: Keyed
    target: Ref
    group: str
    epp: Epp | None = None
    planned: PlannedPool | None = None
    planned_epp: PlannedEpp | None = None
    there: Pool | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One match of a rule: a path prefix, and the values that the model and owner headers may have.

    Without values, any request matches. `guard` matches any value of the owner header instead. With `as_pattern`, even
    one value is written as a regular expression.
    """

    path: str
    models: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    guard: bool = False
    as_pattern: bool = False

    @property
    def pairs(self) -> Iterator[tuple[str | None, str | None]]:
        """Yield each model with each owner; None for any value."""
        return product(self.models or (None,), self.owners or (None,))


class Share(NamedTuple):
    """An InferencePool or Service of a rule: its name, its API group, its weight, and the port of a Service."""

    name: str
    group: str
    weight: int = 1
    port: int | None = None

    @property
    def kind(self) -> str:
        """Return the kind of the backend."""
        return "InferencePool" if self.port is None else "Service"


class Extension(NamedTuple):
    """A filter of an implementation that answers the requests of a rule; it is in the namespace of the route."""

    group: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of an HTTPRoute: its matches, most specific first; its backends or the models server, none to return 500.

    `rewrite` replaces the path prefix of the only match; None keeps the path. An `extension` answers instead of a
    backend. A policy can refer to the rule by its `name`.
    """

    matches: tuple[Match, ...]
    shares: tuple[Share, ...] = ()
    service: ServicePort | None = None
    rewrite: str | None = None
    extension: Extension | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """An HTTPRoute to emit; its backends are in its own namespace."""

    ref: Ref
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A Gateway to attach to, and the sectionName that routes need, if any; or the Service of a proxy to emit.

    `gateway` and `listener` are None if the Gateway is not in the input.
    """

    ref: Ref
    implementation: str
    section: str | None = None
    gateway: Gateway | None = None
    listener: Listener | None = None

    @property
    def release(self) -> Version | None:
        """Return the release that runs the Gateway, None if it is unknown."""
        return self.gateway.releases.get(self.implementation) if self.gateway else None

    def takes(self, route: Route) -> bool:
        """Return whether a route is attached to the same listener, or may be.

        Spec: ParentReference. Listeners of a ListenerSet are separate; a mesh route has a Service as its parent.
        """
        if self.ref.kind != "Gateway":
            return False
        return any(self._is_named(parent, route.ref.namespace) for parent in items(route.spec, "parentRefs"))

    def _is_named(self, parent: Object, namespace: str | None) -> bool:
        kind = (group_of_reference(parent, GATEWAY), text(parent, "kind") or "Gateway")
        place = (text(parent, "namespace") or namespace, text(parent, "name"))
        if kind != (GATEWAY, "Gateway") or place != (self.ref.namespace, self.ref.name):
            return False
        section, port = text(parent, "sectionName"), port_number(parent.get("port"))
        name = self.listener.name if self.listener else self.section
        return (section is None or name is None or section == name) and (
            port is None or self.listener is None or port == self.listener.port
        )


@dataclass(frozen=True, slots=True)
class RouteSet:
    """Values that all emitted routes share: the instance, Gateways in the requested order, path prefixes, hostnames.

    `rewrites` maps the prefixes that engines do not serve to the path that they serve.
    """

    instance: str
    attachments: tuple[Attachment, ...]
    prefixes: tuple[str, ...] = ()
    hostnames: tuple[str, ...] = ()
    rewrites: Mapping[str, str] = field(default_factory=dict)

    def is_first(self, attachment: Attachment) -> bool:
        """Return whether a Gateway is the first of its implementation; it gets what all of these share."""
        same = (one for one in self.attachments if one.implementation == attachment.implementation)
        return next(same, None) == attachment

    def number_of(self, attachment: Attachment) -> int:
        """Return the position of a Gateway among all, from 1. Raises ValueError for any other Gateway."""
        return self.attachments.index(attachment) + 1


@dataclass(frozen=True, slots=True)
class Plan:
    """The objects that `generate` prints, and the decisions behind them.

    `timeout` is None if the API server or a Gateway does not support the field. With `retried`, proxies retry requests
    to the models server. `defaults` maps each model to the owner key that
    serves requests without an engine; `splits` has the weights of several owners instead, by model. `notices` are those
    of the plan; the inventory has its own. `printed` is what the implementations of the Gateways add.
    """

    instance: str
    attachments: tuple[Attachment, ...]
    hostnames: tuple[str, ...]
    timeout: str | None
    backends: tuple[Backend, ...]
    defaults: Mapping[str, str]
    routes: tuple[PlannedRoute, ...]
    printed: tuple[Printed, ...]
    carrier: Carrier = field(default_factory=Carrier)
    endpoint: Endpoint = field(default_factory=Endpoint)
    notices: tuple[Notice, ...] = ()
    splits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    callers: tuple[str, ...] = ()
    scrapers: tuple[str, ...] = ()
    retried: bool = True

    @property
    def pools(self) -> tuple[PlannedPool, ...]:
        """Return the InferencePools to emit, sorted."""
        return tuple(
            sorted((b.planned for b in self.backends if b.planned is not None), key=lambda pool: (pool.ref, pool.group))
        )

    @property
    def epps(self) -> tuple[PlannedEpp, ...]:
        """Return the endpoint pickers to deploy, sorted."""
        return tuple(sorted((b.planned_epp for b in self.backends if b.planned_epp), key=lambda epp: epp.ref))
