"""The values that say what reads the bodies of requests, and by which settings. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from llmd_routes.kube.objects import Ref
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Settings

from .endpoint import ServicePort

# Where a processor is asked.
PROCESSOR_PORT: Final = 9004


@dataclass(frozen=True, slots=True)
class Carrier:
    """What copies model and engine of requests from the body into headers, and why that; `none`: clients send them.

    `body_limit` is the largest body that is read (bytes), None where nothing reads.
    """

    kind: Literal["in-gateway", "sidecar", "none"] = "none"
    reason: str = ""
    body_limit: int | None = None


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
class Bodies:
    """What is read of the bodies of requests to one Gateway.

    With `after_auth` authentication and authorization come first. With a `catalog` the Gateway answers what no route
    has an engine for. With a `processor` it asks that; without one it reads bodies itself.
    """

    settings: Settings
    after_auth: bool = False
    catalog: Catalog | None = None
    processor: Processor | None = None
