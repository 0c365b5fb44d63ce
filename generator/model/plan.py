"""The values of a plan: what is to be emitted, and where each ModelService's requests go. Frozen, no YAML, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, NamedTuple

from llmd_routes.kube.objects import Ref, items, text
from llmd_routes.notices import Notice
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Settings

from .inventory import Epp, Gateway, Listener, ModelService, Pool, Route
from .printed import Printed

# Where a processor is asked, and what it takes without a body (bytes).
PROCESSOR_PORT: Final = 9004
_AT_REST: Final = 96 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Keyed:
    """A ModelService with what requests select it by: its owner key, and its model names in served order."""

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
    """The InferencePool behind a ModelService: one that exists (`there` when it is in the input), or the `planned` one.

    `epp` is its endpoint picker when that is in the input or planned; `planned_epp` when it is to be deployed.
    """

    keyed: Keyed
    pool: Ref
    group: str
    epp: Epp | None = None
    planned: PlannedPool | None = None
    planned_epp: PlannedEpp | None = None
    there: Pool | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One match of a rule: a path prefix, and exact values of the model and owner headers; None is not looked at.

    `guard` matches any value of the owner header instead.
    """

    path: str
    model: str | None = None
    owner: str | None = None
    guard: bool = False


class Share(NamedTuple):
    """An InferencePool of a rule, by name and API group, and its weight among them."""

    pool: str
    group: str
    weight: int = 1


class ServicePort(NamedTuple):
    """A port of a Service; routes that lead to it are in its namespace."""

    namespace: str
    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of an HTTPRoute: its matches, most specific first; its InferencePools or Service, none to answer 500."""

    matches: tuple[Match, ...]
    shares: tuple[Share, ...] = ()
    service: ServicePort | None = None


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """An HTTPRoute to emit; its pools and Services are in its own namespace."""

    ref: Ref
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Processor:
    """The pods that a Gateway asks about requests, and hands their bodies to, where it does not read them itself.

    Each holds `held` bytes of bodies at most over all requests.
    """

    ref: Ref
    image: str
    held: int

    @property
    def service(self) -> ServicePort:
        """Return how it is reached."""
        return ServicePort(self.ref.namespace, self.ref.name, PROCESSOR_PORT)


@dataclass(frozen=True, slots=True)
class PlannedFilter:
    """An istio EnvoyFilter that copies model and engine of requests to a Gateway from the body into headers.

    `by_label` selects the Gateway's pods by their label, where the release has no better way; `after_auth` lets
    authentication and authorization come first. With a `catalog` it answers what no route has an engine for. With a
    `processor` it asks that.
    """

    ref: Ref
    gateway: str
    settings: Settings
    by_label: bool = False
    after_auth: bool = False
    catalog: Catalog | None = None
    processor: Processor | None = None


def memory_of(one: PlannedFilter, processor: Processor) -> int:
    """Return the most memory that a pod of a processor takes, in bytes: what it holds, and what it makes of a body."""
    return _AT_REST + processor.held * 7 // 4 + one.settings.body_limit * 4


def buffer_of(one: PlannedFilter) -> int:
    """Return how much of a request a listener holds, in bytes: more than is read, so that the filter refuses first."""
    return one.settings.body_limit + 64 * 1024


def read_in(one: PlannedFilter) -> int:
    """Return the most memory of the gateway that a body may take, in bytes: the buffer, and what the filter makes.

    That is a string; where it is changed its parts too, what joins them (twice as long at most), and the new one.
    """
    return buffer_of(one) + one.settings.body_limit * (5 if one.settings.strip_engine_fields else 1)


@dataclass(frozen=True, slots=True)
class Carrier:
    """What copies model and engine of requests from the body into headers, and why that; `none`: clients send them."""

    kind: Literal["in-gateway", "sidecar", "none"] = "none"
    reason: str = ""
    filters: tuple[PlannedFilter, ...] = ()

    @property
    def processors(self) -> tuple[tuple[PlannedFilter, Processor], ...]:
        """Return the filters that ask, each with what it asks."""
        return tuple((one, one.processor) for one in self.filters if one.processor is not None)

    def drawing(self, splits: Mapping[str, Mapping[str, int]]) -> Carrier:
        """Return it with the weights of owners by model, from which it draws one where a request names none."""
        filters = [replace(one, settings=replace(one.settings, splits=splits)) for one in self.filters]
        return replace(self, filters=tuple(filters))

    def answering(self, catalog: Catalog | None) -> Carrier:
        """Return it with what it answers the list of models from, and the requests that no engine serves."""
        return replace(self, filters=tuple(replace(one, catalog=catalog) for one in self.filters))


@dataclass(frozen=True, slots=True)
class Aggregator:
    """The server that answers for models: its image, and the files that it answers from, as JSON.

    `prefixes` are the paths of the routes. `body_limit` is how much of a body the gateway reads, in bytes; None where
    nothing does. Requests come from pods in the namespaces of `gateways`; empty where that is not known. It watches the
    pods of the namespaces `watched`, and `secrets` are what it needs to ask these. Operators have the token `admin`.
    """

    ref: Ref
    image: str
    prefixes: tuple[str, ...]
    body_limit: int | None
    files: tuple[str, ...]
    gateways: tuple[str, ...]
    watched: tuple[str, ...] = ()
    secrets: tuple[SecretKey, ...] = ()
    admin: SecretKey | None = None
    origins: tuple[str, ...] = ()

    @property
    def service(self) -> ServicePort:
        """Return how it is reached."""
        return ServicePort(self.ref.namespace, self.ref.name, 80)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who answers the list of models, and requests that no engine serves.

    That is the gateway itself (`static`), a `service` (`aggregator`), or nobody, and `reason` says why. What is behind
    the service is `aggregator` where that is emitted too. With `catch_all` requests that name no model are answered
    too, with `admin` those of operators.
    """

    kind: Literal["static", "aggregator", "none"] = "none"
    reason: str = ""
    catalog: Catalog | None = None
    catch_all: bool = False
    service: ServicePort | None = None
    aggregator: Aggregator | None = None

    @property
    def admin(self) -> bool:
        """Return whether operators are answered."""
        return self.aggregator is not None and self.aggregator.admin is not None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that `generate` is about to print.

    `timeout` is None where the API server has no such field. `defaults` maps each model to the owner key that serves
    requests which name none; `splits` has the weights of several owners in its place, by model. `notices` are those of
    the plan; the inventory has its own. `printed` is what the implementations of the Gateways add.
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


@dataclass(frozen=True, slots=True)
class Attachment:
    """A Gateway to attach to, and the sectionName that routes need, if any.

    `gateway` and `listener` are None when it is not in the input.
    """

    ref: Ref
    implementation: str
    section: str | None = None
    gateway: Gateway | None = None
    listener: Listener | None = None

    def takes(self, route: Route) -> bool:
        """Return whether a route is attached to the same listener, or may be."""
        for parent in items(route.spec, "parentRefs"):
            place = (text(parent, "namespace") or route.ref.namespace, text(parent, "name"))
            section = text(parent, "sectionName")
            if place == (self.ref.namespace, self.ref.name):
                return section is None or self.section is None or section == self.section
        return False


class SecretKey(NamedTuple):
    """A key of a Secret, and the name of the file that it is mounted as."""

    name: str
    key: str

    @property
    def file(self) -> str:
        """Return a name that no other has."""
        return f"{self.name}.{self.key}"
