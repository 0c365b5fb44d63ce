"""Speaks to an API server in process, over one connection that stays open."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

MERGE_PATCH = "application/merge-patch+json"
JSON = "application/json"


class ApiError(Exception):
    """The server refused a request, with this HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


@dataclass(frozen=True)
class Access:
    """Where a server is and who asks: its URL, the file that verifies it, a bearer token."""

    server: str
    certificate: Path
    token: str


class Api:
    """One connection of one user; not for several threads."""

    def __init__(self, access: Access) -> None:
        address = urlsplit(access.server)
        context = ssl.create_default_context(cafile=str(access.certificate))
        self._connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context)
        self._headers = {"Authorization": f"Bearer {access.token}"}

    def __enter__(self) -> Api:
        """Connect with the first request."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def request(self, method: str, path: str, body: object = None, content_type: str = JSON) -> dict[str, Any]:
        """Return the object of the answer. Raises ApiError if the server refuses, OSError if it is away."""
        sent = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, sent, self._headers | {"Content-Type": content_type})
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ConnectionError(str(error)) from error
        found: dict[str, Any] = json.loads(text)
        if answer.status >= 400:
            raise ApiError(answer.status, str(found.get("message")))
        return found
