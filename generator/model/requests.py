"""The value of a request that a client sends. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llmd_routes_sidecar.request_head import Request


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """A request as a client sends it: to which address and port, its head and its body.

    `head.host` is the host header. `content_type` is where the content type of the body comes from: the client
    (`given`), curl, which adds that of forms (`curl`), or the assumption that JSON is meant (`assumed`).
    """

    scheme: str
    address: str
    port: int
    head: Request
    body: bytes = b""
    content_type: Literal["given", "curl", "assumed"] = "given"

    @property
    def url(self) -> str:
        """Return the URL, with the host of the address."""
        usual = {"http": 80, "https": 443}[self.scheme]
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{host}{'' if self.port == usual else f':{self.port}'}{self.head.path}"
