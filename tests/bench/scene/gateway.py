"""The gateway of a scene, as its clients see it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from .calls import Answer, call, connect
from .envoy import ADMIN_PORT

Obj = dict[str, Any]
MODEL = "Qwen/Qwen2.5-0.5B-Instruct"
CHAT = "/v1/chat/completions"
JSON = {"content-type": "application/json"}
_MESSAGES = [{"role": "user", "content": "Hello! Say hi"}]
ASK = json.dumps({"model": MODEL, "messages": _MESSAGES})


@dataclass(frozen=True)
class Gateway:
    """An Envoy by the address of its pod, and the port of its listener."""

    address: str
    port: int = 80

    def chat(self, headers: Mapping[str, str], model: str = MODEL, **fields: object) -> Answer:
        """Ask a model for a chat completion, with further fields in the body."""
        body = {"model": model, "messages": _MESSAGES, **fields}
        return self.ask("POST", CHAT, {**JSON, **headers}, json.dumps(body))

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: str | None = None) -> Answer:
        """Send one request on a connection of its own. Raises OSError if nobody answers."""
        return call(self.address, self.port, method, path, headers, body)

    def connection(self) -> AbstractContextManager[http.client.HTTPConnection]:
        """Connect, until the block ends."""
        return connect(self.address, self.port)

    def admin(self, path: str) -> Obj:
        """Return what Envoy says of itself, as JSON. Raises OSError while it does not answer."""
        found: Obj = json.loads(call(self.address, ADMIN_PORT, "GET", path).body)
        return found

    def listens(self) -> bool:
        """Return whether istiod has told Envoy to listen on the port."""
        listeners = self.admin("/listeners?format=json").get("listener_statuses", ())
        ports = [each["local_address"]["socket_address"]["port_value"] for each in listeners]
        return self.port in ports
