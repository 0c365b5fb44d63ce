"""Asks a server of the bench in process whether it would store objects: hundreds of them in a second."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .bench import Bench

# The collections of the kinds that are printed.
_PLURALS = {
    "HTTPRoute": "httproutes",
    "InferencePool": "inferencepools",
    "DestinationRule": "destinationrules",
    "Deployment": "deployments",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
    "ConfigMap": "configmaps",
    "Role": "roles",
    "RoleBinding": "rolebindings",
}


class Client:
    """One connection that stays open; not for several threads."""

    def __init__(self, bench: Bench) -> None:
        """Connect as admin."""
        address = urlsplit(bench.server)
        context = ssl.create_default_context(cafile=str(bench.certificate))
        self._connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context)
        self._headers = {"Authorization": f"Bearer {bench.token}", "Content-Type": "application/json"}

    def __enter__(self) -> Client:
        """Connect with the first request."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def refusal(self, obj: Mapping[str, Any]) -> str | None:
        """Return why the server would not create an object, strictly validated, or None when it would."""
        return self._post(obj, "?dryRun=All&fieldValidation=Strict")

    def create(self, obj: Mapping[str, Any]) -> None:
        """Create an object."""
        refused = self._post(obj, "")
        assert refused is None, refused

    def _post(self, obj: Mapping[str, Any], query: str) -> str | None:
        version, namespace = obj["apiVersion"], obj["metadata"]["namespace"]
        top = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural = _PLURALS.get(obj["kind"], f"{obj['kind'].lower()}s")
        path = f"{top}/namespaces/{namespace}/{plural}{query}"
        self._connection.request("POST", path, json.dumps(obj), self._headers)
        answer = self._connection.getresponse()
        body = json.loads(answer.read())
        return None if answer.status == 201 else f"{answer.status}: {body.get('message')}"
