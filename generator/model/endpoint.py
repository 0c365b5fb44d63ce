"""Values for the models list and for requests that no engine serves. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from llmd_routes.kube.objects import Ref, ServicePort
from llmd_routes_sidecar.catalog import Catalog


class SecretKey(NamedTuple):
    """A key of a Secret, and the file name under which it is mounted."""

    name: str
    key: str

    @property
    def file(self) -> str:
        """Return a unique file name."""
        return f"{self.name}.{self.key}"


@dataclass(frozen=True, slots=True)
class Aggregator:
    """The models server: its image, and the JSON files with its catalog.

    `prefixes` are the paths of the routes. `body_limit` is the largest body that the gateway reads, in bytes; None if
    bodies are not read. Requests come from pods in the namespaces of `gateways`; empty if these are unknown. It watches
    the pods of the namespaces `watched`, and uses `secrets` to query them. Operators authenticate with the token
    `admin`, and may change the settings of a controller in the ConfigMap `settings`. Pods in the namespaces `scrapers`
    may read its metrics.
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
    settings: Ref | None = None
    origins: tuple[str, ...] = ()
    scrapers: tuple[str, ...] = ()

    @property
    def service(self) -> ServicePort:
        """Return the server's Service and port."""
        return ServicePort(self.ref.namespace, self.ref.name, 80)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The component that returns the models list and answers requests that no engine serves.

    It is the gateway itself (`static`), a `service` (`aggregator`), or nothing, for the given `reason`. `aggregator` is
    the server behind the service if it is emitted. With `catch_all` it also answers requests without a model, with
    `admin` those of operators.
    """

    kind: Literal["static", "aggregator", "none"] = "none"
    reason: str = ""
    catalog: Catalog | None = None
    catch_all: bool = False
    service: ServicePort | None = None
    aggregator: Aggregator | None = None

    @property
    def admin(self) -> bool:
        """Return whether operators can query the server."""
        return self.aggregator is not None and self.aggregator.admin is not None
