"""Asks a server of the bench in process whether it would store objects: hundreds of them in a second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .api import Access, Api, ApiError
from .bench import Bench

# The collections of the kinds that are printed.
_PLURALS = {
    "HTTPRoute": "httproutes",
    "NetworkPolicy": "networkpolicies",
    "InferencePool": "inferencepools",
    "DestinationRule": "destinationrules",
    "Deployment": "deployments",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
    "ConfigMap": "configmaps",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "ClientTrafficPolicy": "clienttrafficpolicies",
    "EnvoyExtensionPolicy": "envoyextensionpolicies",
    "SecurityPolicy": "securitypolicies",
}


class Client:
    """One connection that stays open; not for several threads."""

    def __init__(self, bench: Bench) -> None:
        """Connect as admin."""
        self._api = Api(Access(bench.server, bench.certificate, bench.token))

    def __enter__(self) -> Client:
        """Connect with the first request."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._api.__exit__()

    def refusal(self, obj: Mapping[str, Any]) -> str | None:
        """Return why the server would not create an object, strictly validated, or None when it would."""
        try:
            self._post(obj, "?dryRun=All&fieldValidation=Strict")
        except ApiError as error:
            return str(error)
        return None

    def create(self, obj: Mapping[str, Any]) -> None:
        """Create an object."""
        self._post(obj, "")

    def _post(self, obj: Mapping[str, Any], query: str) -> None:
        version, namespace = obj["apiVersion"], obj["metadata"]["namespace"]
        top = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural = _PLURALS.get(obj["kind"], f"{obj['kind'].lower()}s")
        self._api.request("POST", f"{top}/namespaces/{namespace}/{plural}{query}", obj)
