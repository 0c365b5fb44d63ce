"""Ask ready pods through the API server's proxy whether they serve a port. I/O only.

Any answer of the pod counts, whatever its status. The server answers itself if it cannot connect to the pod.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from llmd_routes.errors import ClusterError
from llmd_routes.model.probes import PodPort, Silence
from llmd_routes.notices import Notice

from .connection import Connection
from .threads import run_all

_AT_ONCE: Final = 8
_PATH: Final = "v1/models"
_REMEDY: Final = "grant get on pods/proxy (manifests/ask-engines.yaml)"
# How the API server begins its message about a pod that it cannot connect to.
_UNREACHED: Final = "error trying to reach service"


def ask_pods(connection: Connection, ports: Sequence[PodPort]) -> tuple[list[Silence], list[Notice]]:
    """Return the ports that do not serve, in order, and notices about pods that the user may not ask."""
    answers = run_all(lambda port: _asked(connection, port), ports, _AT_ONCE)
    silences = [Silence(port, answer) for port, answer in zip(ports, answers, strict=True) if isinstance(answer, str)]
    refused = [answer for answer in answers if isinstance(answer, Notice)]
    return silences, sorted(dict.fromkeys(refused))


def _asked(connection: Connection, asked: PodPort) -> str | Notice | None:
    """Return why a port does not serve, a notice if that is unknown, None if it serves."""
    scheme = "https:" if asked.scheme == "https" else ""
    place = f"/api/v1/namespaces/{asked.pod.namespace}/pods/{scheme}{asked.pod.name}:{asked.port}/proxy/{_PATH}"
    try:
        status, raw = connection.fetch(place)
    except ClusterError as error:
        return Notice("not-answered", str(asked.pod), f"was not asked: {error}", _REMEDY)
    message = _message_of_server(raw)
    if status == 403 and message:
        return Notice("not-answered", str(asked.pod), f"was not asked: {message}", _REMEDY)
    return message.partition(": ")[2] if message.startswith(_UNREACHED) else None


def _message_of_server(raw: bytes) -> str:
    """Return the message of a Status of the API server, "" for any other answer."""
    try:
        body: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    is_status = isinstance(body, dict) and (body.get("kind"), body.get("apiVersion")) == ("Status", "v1")
    return str(body.get("message") or "") if is_status else ""
