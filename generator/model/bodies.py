"""Values for body-based routing: which component reads request bodies, and its settings. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from llmd_routes.kube.objects import Ref, ServicePort
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Settings

from .processors import Reader

# The gRPC port of an external processor.
PROCESSOR_PORT: Final = 9004


@dataclass(frozen=True, slots=True)
class Carrier:
    """The component that copies model and engine from bodies into headers; with `none`, clients set the headers.

    `reason` is why it was chosen. `body_limit` is the largest body that it reads (bytes), None for kind `none`.
    Existing `readers` set the headers instead of clients.
    """

    kind: Literal["in-gateway", "sidecar", "none"] = "none"
    reason: str = ""
    body_limit: int | None = None
    readers: tuple[Reader, ...] = ()


@dataclass(frozen=True, slots=True)
class Processor:
    """The external processor (ext_proc) of a Gateway; each pod buffers at most `held` bytes across all requests.

    Pods in the namespaces `scrapers` may read its metrics. Requests come from pods in the namespaces `callers`; empty
    if these are unknown. With `tls` it has a self-signed certificate; if `probed`, a load balancer outside the cluster
    checks its health.
    """

    ref: Ref
    image: str
    held: int
    scrapers: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    tls: bool = False
    probed: bool = False

    @property
    def service(self) -> ServicePort:
        """Return the processor's Service and port."""
        return ServicePort(self.ref.namespace, self.ref.name, PROCESSOR_PORT)


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
