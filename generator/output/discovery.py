"""The public view of an inventory: what `llmd-routes discover -o json` prints, as a schema others may rely on. Pure.

Field names are camelCase in JSON. `models` are in served order (primary, aliases, adapters); every other list is
sorted. Adding a field is a compatible change; `docs/discover.schema.json` is made from these models.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from llmd_routes.gateways import by_name
from llmd_routes.inventory.routes import catch_all_of
from llmd_routes.kube.objects import Object, Ref, ServicePort, items, text
from llmd_routes.model.gateways import Gateway, Policy, Route
from llmd_routes.model.inventory import Inventory, ModelService, Pool
from llmd_routes.model.plan import Attachment
from llmd_routes.names import POOL_API_VERSION
from llmd_routes.notices import Notice, barring
from llmd_routes.problems import Problem

from .messages import message_of

_Status = Literal["ready", "blocked", "unrouted"]


class _Public(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class DiscoveredModelService(_Public):
    """A ModelService; `namespace` is that of the objects (null without one), `engine` is null if unknown."""

    namespace: str | None
    name: str | None
    workloads: list[str] = Field(description="Kind/name, sorted")
    engine: str | None
    owned_by: str | None = Field(description="what x-owned-by selects it by: label llm-d.ai/owned-by, else the engine")
    models: list[str] = Field(description="in served order: primary, aliases, adapters")
    dynamic_models: list[str] = Field(description="adapters that are loaded at run time")
    ports: list[int]
    scheme: Literal["http", "https"]
    roles: list[str]
    selector: dict[str, str] | None = Field(description="takes exactly its serving pods; null when no labels do")
    selector_derived: bool = Field(description="a controller puts the labels on the pods")
    simulator: bool
    pool: str | None = Field(description="the InferencePool that takes exactly its serving pods")
    epp: str | None = Field(description="the Service of its endpoint picker")
    router: str | None = Field(description="NAME:PORT of the Service of its stand-alone router")
    service: str | None = Field(description="NAME:PORT of a plain Service that selects exactly its serving pods")
    key_required: str | None = Field(description="what sets the API key that clients must send; never the key")
    status: _Status = Field(
        description="ready: generate emits routes; blocked: an error prevents that; unrouted: generate skips it"
    )
    evidence: dict[str, list[str]] = Field(description="per fact: Kind/name: field = value")


class DiscoveredPool(_Public):
    """An InferencePool of either API group."""

    namespace: str | None
    name: str
    api: str
    selector: dict[str, str]
    target_ports: list[int]
    epp: str | None


class DiscoveredRoute(_Public):
    """An HTTPRoute: its Gateways, its backends, and whether it matches every path with any headers."""

    namespace: str | None
    name: str
    parents: list[str] = Field(description="namespace/name; the route's own namespace when the reference has none")
    hostnames: list[str]
    backends: list[str] = Field(description="Kind/namespace/name, sorted")
    catch_all: bool = Field(description="one of its rules matches every path and header")


class DiscoveredListener(_Public):
    """A listener of a Gateway."""

    name: str
    port: int
    protocol: str
    hostname: str | None
    allowed_routes_from: str


class DiscoveredGateway(_Public):
    """A Gateway; `implementation` is null if its class is unknown."""

    namespace: str | None
    name: str
    class_: str = Field(alias="class")
    implementation: str | None
    body_readers: list[str] = Field(description="Kind/namespace/name of foreign objects that make it read bodies")
    listeners: list[DiscoveredListener]


class DiscoveredEppService(_Public):
    """A Service for an endpoint picker (EPP)."""

    namespace: str | None
    name: str
    port: int
    pool: str | None = Field(description="the InferencePool that it picks for")
    api: str | None = Field(description="the API of that pool")


class DiscoveredIgnored(_Public):
    """A workload that is not a model server, and why."""

    object: str
    reason: str
    # A ModelService of another installation: only the table shows it.
    expected: bool = Field(default=False, exclude=True)


class DiscoveredNotice(_Public):
    """A finding; `code` is stable. An error prevents the output of generate with default options."""

    code: str
    severity: Literal["error", "warning", "info"]
    object: str
    message: str
    remedy: str


class Discovery(_Public):
    """Everything `discover` found."""

    model_services: list[DiscoveredModelService]
    inference_pools: list[DiscoveredPool]
    http_routes: list[DiscoveredRoute]
    gateways: list[DiscoveredGateway]
    epp_services: list[DiscoveredEppService]
    ignored: list[DiscoveredIgnored]
    notices: list[DiscoveredNotice]


def describe(inventory: Inventory, notices: Iterable[Notice] = (), blocking: Collection[Problem] = ()) -> Discovery:
    """Return the public view of an inventory.

    `notices` are those of its reading, `blocking` the problems that prevent the output of generate.
    """
    barred = barring("routing")
    unrouted = {notice.object for notice in inventory.notices if notice.code in barred}
    blocked, errors = {problem.object for problem in blocking}, frozenset(blocking)
    return Discovery(
        model_services=[_service(service, _status(service, blocked, unrouted)) for service in inventory.services],
        inference_pools=[_pool(pool) for pool in inventory.pools],
        http_routes=[_route(route) for route in inventory.routes],
        gateways=[_gateway(gateway, inventory.policies) for gateway in inventory.gateways],
        epp_services=[
            DiscoveredEppService(
                namespace=s.own_namespace,
                name=s.name,
                port=s.port,
                pool=s.pool,
                api=POOL_API_VERSION.get(s.group or "", s.group),
            )
            for s in inventory.epp_services
        ],
        ignored=[
            DiscoveredIgnored(object=entry.object, reason=entry.reason, expected=entry.expected)
            for entry in inventory.ignored
        ],
        notices=[_notice(notice, errors) for notice in sorted({*inventory.notices, *notices})],
    )


def _status(service: ModelService, blocked: set[str], unrouted: set[str]) -> _Status:
    """Return what generate does with a service; the sets hold titles of services."""
    if service.title in blocked:
        return "blocked"
    is_unrouted = service.title in unrouted or service.is_removed or not (service.models and service.owned_by)
    return "unrouted" if is_unrouted else "ready"


def _service(service: ModelService, status: _Status) -> DiscoveredModelService:
    return DiscoveredModelService(
        namespace=service.own_namespace,
        name=service.name,
        workloads=sorted(f"{ref.kind}/{ref.name}" for ref in service.workloads),
        engine=service.engine,
        owned_by=service.owned_by,
        models=list(service.models),
        dynamic_models=sorted(service.dynamic_models),
        ports=list(service.ports),
        scheme=service.scheme,
        roles=list(service.roles),
        selector=dict(service.selector) if service.selector is not None else None,
        selector_derived=service.selector_derived,
        simulator=service.simulator,
        pool=service.pool.name if service.pool else None,
        epp=service.epp,
        router=_place(service.router),
        service=_place(service.front),
        key_required=service.key,
        evidence={fact: list(lines) for fact, lines in service.evidence.items()},
        status=status,
    )


def _place(port: ServicePort | None) -> str | None:
    return f"{port.name}:{port.port}" if port else None


def _pool(pool: Pool) -> DiscoveredPool:
    return DiscoveredPool(
        namespace=pool.own_namespace,
        name=pool.ref.name,
        api=POOL_API_VERSION[pool.group],
        selector=dict(sorted(pool.selector.items())),
        target_ports=list(pool.ports),
        epp=pool.epp,
    )


def _route(route: Route) -> DiscoveredRoute:
    return DiscoveredRoute(
        namespace=route.own_namespace,
        name=route.ref.name,
        parents=sorted({_target(parent, route) for parent in items(route.spec, "parentRefs")}),
        hostnames=sorted(str(host) for host in route.spec.get("hostnames") or []),
        backends=sorted(
            {_backend(b, route) for rule in items(route.spec, "rules") for b in items(rule, "backendRefs")}
        ),
        catch_all=catch_all_of(route) is not None,
    )


def _target(reference: Object, route: Route) -> str:
    """Return the object of a reference; without a namespace it is in the route's namespace."""
    namespace, name = text(reference, "namespace") or route.own_namespace, text(reference, "name") or ""
    return f"{namespace}/{name}" if namespace else name


def _backend(reference: Object, route: Route) -> str:
    return f"{text(reference, 'kind') or 'Service'}/{_target(reference, route)}"


def _gateway(gateway: Gateway, policies: Sequence[Policy]) -> DiscoveredGateway:
    readers: set[Ref] = set()
    if gateway.implementation:
        attachment = Attachment(gateway.ref, gateway.implementation, gateway=gateway)
        readers = {reader.policy for reader in by_name(gateway.implementation).body_readers(attachment, policies)}
    return DiscoveredGateway(
        namespace=gateway.own_namespace,
        name=gateway.ref.name,
        class_=gateway.gateway_class,
        implementation=gateway.implementation,
        body_readers=[f"{ref.kind}/{ref.namespace}/{ref.name}" for ref in sorted(readers)],
        listeners=[
            DiscoveredListener(
                name=entry.name,
                port=entry.port,
                protocol=entry.protocol,
                hostname=entry.hostname,
                allowed_routes_from=entry.namespaces_from,
            )
            for entry in sorted(gateway.listeners, key=lambda listener: listener.name)
        ],
    )


def _notice(notice: Notice, blocking: Collection[Problem]) -> DiscoveredNotice:
    return DiscoveredNotice(
        code=notice.code,
        severity=message_of(notice, blocking).severity,
        object=notice.object,
        message=notice.message,
        remedy=notice.remedy,
    )
