"""The values that describe what is served: frozen, without behaviour beyond their names, no I/O.

`build.build_inventory(objects)` makes an `Inventory`; `discovery` shows it to people and programs; `plan` reads it.
Namespaces are the effective ones: the object's own, else the one assumed for the input, else "" when none is known.
All tuples are sorted unless the field says otherwise, so equal inputs give equal values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from llmd_routes.kube.objects import Ref
from llmd_routes.names import MESSAGE_LIMIT
from llmd_routes.notices import Notice

Scheme = Literal["http", "https"]


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """One set of pods with equal labels; `derived` when a controller puts labels on them at run time.

    `path` is where the template stands in its owner, () for a Pod; None where no object of the input can be changed.
    `identity` are the labels by which the owner itself finds these pods; empty if unknown.
    """

    owner: Ref
    labels: Mapping[str, str]
    derived: bool = False
    path: tuple[str, ...] | None = None
    identity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelService:
    """Workloads of one namespace and engine that serve the same models, seen as one thing to route to.

    `namespace` is effective, `own_namespace` the one the objects carry. `models` is in served order: primary, aliases,
    adapters. `selector` is the smallest label map that takes exactly the serving pods, None when there is none.
    `pool` is the pool that does so today. `managed_pool` is the name of the pool that a controller makes for the
    service (KServe), whether or not the input holds it; `controller` names that controller.
    `key` tells where the API key is set that clients must send, None when they need none. No request can be sent to one
    that is `barred`. `unlabelled` maps a workload to its role if its pods lack the label for it.
    `rewrites` maps names that an endpoint picker replaces to those that the engine serves. `evidence` maps a fact
    to lines `Kind/name: field = value`.
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
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return how messages name the service."""
        return service_title(self.namespace, self.name, self.workloads)


def service_title(namespace: str, name: str | None, workloads: Sequence[Ref]) -> str:
    """Return how messages name a ModelService; one without a common name is named after its workloads."""
    shown = name or "+".join(ref.name for ref in workloads)
    return f"ModelService {namespace}/{shown}" if namespace else f"ModelService {shown}"


@dataclass(frozen=True, slots=True)
class Pool:
    """An InferencePool of either API group; `epp` is the name of its EPP Service, None when it names none.

    `managed_by` is the value of the label app.kubernetes.io/managed-by, or who else owns it (Helm, KServe), None when
    nothing tells; `instance` is our own instance label. `origin` is what maintains it, as part of a sentence.
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
    """An endpoint picker: the Service that selects its pods, and the pool that its arguments make it watch.

    `service` is None when no Service of the input selects the pods. `group` is None when neither an argument nor the
    release tells. `tls` is whether it serves its gRPC with TLS (its default). `instance` is our own instance label.
    `message_limit` is the largest gRPC message that it takes, in bytes. `ports` are those of the Service. `is_stopped`
    says that it asks for no pods. `endpoints` is the selector of one that picks pods without an InferencePool, else
    empty. `origin` is what maintains the workload, as part of a sentence.
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
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class EppService:
    """A Service in front of EPP pods, or one that a pool names as its endpoint picker."""

    namespace: str
    own_namespace: str | None
    name: str
    port: int
    pool: str | None
    group: str | None


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of a Gateway; `namespaces_from` is All, Same or Selector, `namespaces_selector` the LabelSelector.

    `kinds` are the route kinds that it names, empty for those of its protocol.
    """

    name: str
    port: int
    protocol: str
    hostname: str | None
    namespaces_from: str
    namespaces_selector: Mapping[str, Any] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()


class Version(NamedTuple):
    """A release of an implementation of the Gateway API."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return ".".join(map(str, self))


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Gateway; `implementation` is None when its class is not known. `listeners` in the order of the object.

    `releases` are those that image tags name, by implementation, because the class may not identify it.
    """

    ref: Ref
    own_namespace: str | None
    gateway_class: str
    implementation: str | None
    listeners: tuple[Listener, ...]
    releases: Mapping[str, Version] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTPRoute as it stands: `spec` is the raw spec, `instance` our own instance label or None.

    `origin` is what maintains it, as part of a sentence: "the values of Helm release NAME"; None if unknown.
    """

    ref: Ref
    own_namespace: str | None
    spec: Mapping[str, Any]
    origin: str | None
    instance: str | None

    def place_of(self, number: int, field: str) -> str:
        """Return where a person changes a field of a rule; rules are counted from 0."""
        if self.origin is None:
            return f"spec.rules[{number}].{field} of {self.ref}"
        return f"{field} of rule {number + 1} in {self.origin}"


@dataclass(frozen=True, slots=True)
class Policy:
    """An existing object of an implementation's own kinds that can conflict with emitted objects.

    `targets` are the Gateways or hosts that it applies to, depending on its kind. `instance` is the label of
    llmd-routes, None if it has none. `spec` is the raw spec where it matters.
    """

    ref: Ref
    targets: tuple[str, ...]
    instance: str | None
    spec: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Platform:
    """What the CRDs of the API server take; the defaults are what every release in use takes.

    `route_matches` is the most matches in one rule, `route_timeouts` whether rules have timeouts; `pool_groups` are the
    API groups with InferencePools, None when not known.
    """

    pool_groups: tuple[str, ...] | None = None
    route_matches: int = 8
    route_timeouts: bool = True


@dataclass(frozen=True, slots=True)
class Ignored:
    """A workload that was looked at and is no model server, and why.

    `unread` means that it may well be one: a known source that could not be read. `expected` are the other parts of an
    installation, such as endpoint pickers.
    """

    object: str
    reason: str
    unread: bool = False
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that was found.

    `assumed_namespace` was given to objects that carry none, None when not needed. `namespace_labels` are those of the
    Namespaces in the input, by name. `policies` are those of all implementations.
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
    namespace_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
