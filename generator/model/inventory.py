"""The values that describe what is served: frozen, without behaviour beyond their names, no I/O.

`build.build_inventory(objects)` makes an `Inventory`; `discovery` shows it to people and programs; `plan` reads it.
Namespaces are the effective ones: the object's own, else the one assumed for the input, else "" when none is known.
All tuples are sorted unless the field says otherwise, so equal inputs give equal values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from llmd_routes.kube.objects import Ref, ServicePort
from llmd_routes.names import MESSAGE_LIMIT
from llmd_routes.notices import Notice

from .gateways import Gateway, Policy, Route
from .processors import PayloadProcessor

Scheme = Literal["http", "https"]


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """One set of pods with equal labels; `derived` if a controller adds labels at run time.

    `path` is the template's path in its owner, () for a Pod; None if the input contains no object to edit. `identity`
    are the labels by which the owner finds these pods; empty if unknown.
    """

    owner: Ref
    labels: Mapping[str, str]
    derived: bool = False
    path: tuple[str, ...] | None = None
    identity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelService:
    """Workloads of one namespace and engine that serve the same models; the unit of routing.

    `namespace` is the effective namespace, `own_namespace` the one in the objects. `models` is in served order:
    primary, aliases, adapters; `added_models` are those that only the settings contain, and `removed_models` are names
    without routes. `selector` is the smallest set of labels that matches exactly the serving pods, or None
    if none does. `pool` is the existing pool with exactly these pods. `managed_pool` is the name of the pool that a
    controller creates for the service (KServe), whether or not the input contains it; `controller` names that
    controller. `key` is where the API key is configured that clients must send, or None if no key is required. A
    `barred` service cannot receive requests. `unlabelled` maps a workload to its role if its pods lack the label for
    it. `rewrites` maps names that an endpoint picker replaces to those that the engine serves. `router` is the
    stand-alone router that picks among exactly its pods, `front` a plain Service that selects exactly these. `evidence`
    maps a fact to lines `Kind/name: field = value`.
    """

    namespace: str
    own_namespace: str | None
    name: str | None
    workloads: tuple[Ref, ...]
    engine: str | None
    owned_by: str | None
    models: tuple[str, ...]
    dynamic_models: tuple[str, ...]
    ports: tuple[int, ...]
    scheme: Scheme
    roles: tuple[str, ...]
    selector: Mapping[str, str] | None
    selector_derived: bool
    simulator: bool
    pool: Ref | None
    epp: str | None
    templates: tuple[PodTemplate, ...]
    release: str | None = None
    controller: str | None = None
    managed_pool: str | None = None
    key: str | None = None
    barred: bool = False
    unlabelled: Mapping[Ref, str] = field(default_factory=dict)
    rewrites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    router: ServicePort | None = None
    front: ServicePort | None = None
    added_models: tuple[str, ...] = ()
    removed_models: tuple[str, ...] = ()
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Return all names that it serves, with and without routes, each once."""
        return tuple(dict.fromkeys((*self.models, *self.dynamic_models)))

    @property
    def is_removed(self) -> bool:
        """Return whether the settings remove the routes of all names."""
        return bool(self.names) and set(self.names) <= set(self.removed_models)

    @property
    def title(self) -> str:
        """Return the service's name in messages."""
        return service_title(self.namespace, self.name, self.workloads)


def service_title(namespace: str, name: str | None, workloads: Sequence[Ref]) -> str:
    """Return a ModelService's name in messages; one without a common name is named after its workloads."""
    shown = name or "+".join(ref.name for ref in workloads)
    return f"ModelService {namespace}/{shown}" if namespace else f"ModelService {shown}"


class ChartValues(NamedTuple):
    """The names of the values of a Helm chart that set the pod selector and the ports of an InferencePool."""

    selector: str
    ports: str


@dataclass(frozen=True, slots=True)
class Pool:
    """An InferencePool of either API group; `epp` is the name of its EPP Service, or None without one.

    `managed_by` is the value of the label app.kubernetes.io/managed-by, or another owner (Helm, KServe), None if
    unknown; `instance` is the instance label of llmd-routes. `origin` is what maintains it, as part of a sentence.
    `values` are those of the chart that usually makes it.
    """

    ref: Ref
    own_namespace: str | None
    group: str
    selector: Mapping[str, str]
    ports: tuple[int, ...]
    epp: str | None
    epp_port: int
    failure_mode: str
    managed_by: str | None
    instance: str | None
    values: ChartValues
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class EppPort:
    """A port of an endpoint picker's Service, and whether it reaches the picker's gRPC port (None if unknown)."""

    number: int
    is_grpc: bool | None = None
    name: str = ""
    app_protocol: str | None = None


@dataclass(frozen=True, slots=True)
class Epp:
    """An endpoint picker: the Service that selects its pods, and the pool that its arguments select.

    `service` is None if no Service of the input selects the pods. `group` is None if neither an argument nor the
    release shows it. `tls` is whether it serves gRPC with TLS (its default). `instance` is the instance label of
    llmd-routes. `message_limit` is the largest gRPC message that it accepts, in bytes. `ports` are those of the
    Service. `is_stopped` is whether it requests no pods. `endpoints` is the pod selector of an EPP without an
    InferencePool, else empty. `router` is the Service of its own proxy, which clients call without a Gateway. `origin`
    is what maintains the workload, as part of a sentence.
    """

    workload: Ref
    service: str | None
    port: int
    pool_name: str | None
    pool_namespace: str
    group: str | None
    tls: bool
    release: str | None
    instance: str | None = None
    message_limit: int = MESSAGE_LIMIT
    ports: tuple[EppPort, ...] = ()
    is_stopped: bool = False
    endpoints: Mapping[str, str] = field(default_factory=dict, hash=False)
    router: ServicePort | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class EppService:
    """A Service for EPP pods, or one that a pool references as its endpoint picker."""

    namespace: str
    own_namespace: str | None
    name: str
    port: int
    pool: str | None
    group: str | None


@dataclass(frozen=True, slots=True)
class Platform:
    """What the API server's CRDs support; the defaults are what every release in use supports.

    `route_matches` is the maximum number of matches in one rule, `route_timeouts` whether rules have timeouts, and
    `rule_names` whether they have names;
    `pool_groups` are the API groups with InferencePools, None if unknown. `crds` are the names of all CRDs, empty if
    unknown.
    """

    pool_groups: tuple[str, ...] | None = None
    route_matches: int = 8
    route_timeouts: bool = True
    rule_names: bool = True
    crds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ignored:
    """A workload that is not a model server, and why.

    `unread` means that it may be one: a known source that could not be read. `expected` are the other parts of an
    installation, such as endpoint pickers.
    """

    object: str
    reason: str
    unread: bool = False
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that was found.

    `assumed_namespace` was assigned to objects without one; None if all have one. `namespace_labels` are those of the
    Namespaces in the input, by name. `policies` are those of all implementations, `processors` the existing ones that
    read bodies.
    """

    services: tuple[ModelService, ...]
    pools: tuple[Pool, ...]
    epps: tuple[Epp, ...]
    epp_services: tuple[EppService, ...]
    gateways: tuple[Gateway, ...]
    routes: tuple[Route, ...]
    ignored: tuple[Ignored, ...]
    notices: tuple[Notice, ...]
    platform: Platform = Platform()
    assumed_namespace: str | None = None
    named_namespaces: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    processors: tuple[PayloadProcessor, ...] = ()
    namespace_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
