"""Values for body-based routing: which component reads request bodies, and its settings. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from llmd_routes.kube.objects import Ref, ServicePort
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Settings

from .processors import Reader

# How a gateway asks a processor: by Envoy's ext_proc over gRPC, or by its ext_authz over HTTP.
Protocol = Literal["ext-proc", "ext-authz"]
# What can read bodies: the gateway itself, or a processor.
CarrierKind = Literal["in-gateway", "ext-proc", "ext-authz"]
_PORTS: Final[Mapping[Protocol, int]] = {"ext-proc": 9004, "ext-authz": 9003}


@dataclass(frozen=True, slots=True)
class Carrier:
    """The component that copies model and engine from bodies into headers; with `none`, clients set the headers.

    `reason` is why it was chosen. `body_limit` is the largest body that it reads (bytes), None for kind `none`.
    Existing `readers` set the headers instead of clients.
    """

    kind: CarrierKind | Literal["none"] = "none"
    reason: str = ""
    body_limit: int | None = None
    readers: tuple[Reader, ...] = ()

    @property
    def protocol(self) -> Protocol | None:
        """Return how Gateways ask the processor, None without one."""
        return self.kind if self.kind in ("ext-proc", "ext-authz") else None


@dataclass(frozen=True, slots=True)
class Processor:
    """The processor of a Gateway: pods that read bodies for it; each buffers at most `held` bytes for all requests.

    Pods in the namespaces `scrapers` may read its metrics. Requests come from pods in the namespaces `callers`; empty
    if these are unknown. With `tls` it has a self-signed certificate; if `probed`, a load balancer outside the cluster
    checks its health. `reason` is why it reads bodies, and why over this protocol.
    """

    ref: Ref
    image: str
    held: int
    scrapers: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    tls: bool = False
    probed: bool = False
    protocol: Protocol = "ext-proc"
    reason: str = ""

    @property
    def service(self) -> ServicePort:
        """Return the processor's Service and port."""
        return ServicePort(self.ref.namespace, self.ref.name, _PORTS[self.protocol])


@dataclass(frozen=True, slots=True)
class Bodies:
    """How request bodies are read on one Gateway: by its `processor`, or without one by the Gateway itself.

    With `after_auth`, authentication and authorization run first. With a `catalog`, the Gateway returns the models list
    and answers the requests that no engine serves.
    """

    settings: Settings
    after_auth: bool = False
    catalog: Catalog | None = None
    processor: Processor | None = None
