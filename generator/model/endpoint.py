"""Values for the models list and for requests that no engine serves. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from llmd_routes.kube.objects import Ref
from llmd_routes_sidecar.catalog import Catalog


class ServicePort(NamedTuple):
    """A port of a Service; routes to it are in its namespace."""

    namespace: str
    name: str
    port: int


class SecretKey(NamedTuple):
    """A key of a Secret, and the name of the file that it is mounted as."""

    name: str
    key: str

    @property
    def file(self) -> str:
        """Return a name that no other has."""
        return f"{self.name}.{self.key}"


@dataclass(frozen=True, slots=True)
class Aggregator:
    """The server that answers for models: its image, and the files that it answers from, as JSON.

    `prefixes` are the paths of the routes. `body_limit` is how much of a body the gateway reads, in bytes; None where
    nothing does. Requests come from pods in the namespaces of `gateways`; empty where that is not known. It watches the
    pods of the namespaces `watched`, and `secrets` are what it needs to ask these. Operators have the token `admin`.
    Pods in the namespaces `scrapers` may read its metrics.
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
    scrapers: tuple[str, ...] = ()

    @property
    def service(self) -> ServicePort:
        """Return how it is reached."""
        return ServicePort(self.ref.namespace, self.ref.name, 80)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who answers the list of models, and requests that no engine serves.

    That is the gateway itself (`static`), a `service` (`aggregator`), or nothing, for the given `reason`. `aggregator`
    is the server behind the service if it is emitted. With `catch_all` requests that name no model are answered
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
