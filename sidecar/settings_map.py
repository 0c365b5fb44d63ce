"""Read the settings of a controller, and change what operators requested: two ConfigMaps. I/O.

A change is based on the version that was read: if another process was faster, it is made again from what that wrote.
Spec: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import aiohttp
from kubernetes.aio import client
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .cluster import connect
from .pods import WatchError
from .requested import OPERATORS_KEY, REQUESTED, SETTINGS_KEY, operators_map
from .routing import RefusedError

Obj = dict[str, Any]
_PATH: Final = "/api/v1/namespaces/{namespace}/configmaps/{name}"
_HEAD: Final = {"apiVersion": "llmd-routes/v1alpha1", "kind": "Configuration"}
_MOST_ATTEMPTS: Final = 8
_TIMEOUT: Final = 10
_CONFLICT: Final = 409


class SettingsMap:
    """The settings, by namespace and name of their ConfigMap; that of operators is beside it.

    Each request has a connection of its own, because there are few.
    """

    def __init__(self, namespace: str, name: str) -> None:
        self._namespace = namespace
        self._user = name
        self._operators = operators_map(name)

    async def read(self) -> tuple[Obj, Obj]:
        """Return the settings of the user and of operators: the `spec` of each. Raises RefusedError."""
        return await self._read_user(), self._spec(await self._send("GET", self._operators), OPERATORS_KEY)

    async def change(self, make: Callable[[Obj, Obj], Obj]) -> tuple[Obj, Obj]:
        """Store the operators' settings that `make` returns for those of the user and of operators; return both.

        Raises RefusedError, also what `make` raises.
        """
        user = await self._read_user()

        def changed(config_map: Obj) -> Obj:
            operators = make(user, self._spec(config_map, OPERATORS_KEY))
            text = json.dumps({**_HEAD, "spec": _compact(operators)}, indent=2) + "\n"
            return {**config_map, "data": {**(config_map.get("data") or {}), OPERATORS_KEY: text}}

        return user, self._spec(await self._replace(changed), OPERATORS_KEY)

    async def request(self, moment: str) -> None:
        """Request that the controller examines the cluster again. Raises RefusedError."""

        def requested(config_map: Obj) -> Obj:
            metadata = config_map["metadata"]
            annotations = {**(metadata.get("annotations") or {}), REQUESTED: moment}
            return {**config_map, "metadata": {**metadata, "annotations": annotations}}

        await self._replace(requested)

    async def _read_user(self) -> Obj:
        return self._spec(await self._send("GET", self._user), SETTINGS_KEY)

    async def _replace(self, change: Callable[[Obj], Obj]) -> Obj:
        for attempt in range(_MOST_ATTEMPTS):
            try:
                return await self._send("PUT", self._operators, change(await self._send("GET", self._operators)))
            except client.ApiException as error:
                if error.status != _CONFLICT:
                    raise self._failed(self._operators, error) from None
            await asyncio.sleep(0.01 * 2**attempt)
        raise RefusedError(503, f"{self._shown(self._operators)} changes all the time; try again")

    async def _send(self, method: str, name: str, body: Obj | None = None) -> Obj:
        """Return the response to a request. Raises RefusedError, but ApiException for a conflict."""
        try:
            async with await connect() as api:
                asked = await api.param_serialize(
                    method,
                    _PATH,
                    path_params={"namespace": self._namespace, "name": name},
                    header_params={"Accept": "application/json", "Content-Type": "application/json"},
                    body=body,
                    auth_settings=["BearerToken"],
                )
                answer = await api.call_api(*asked, _request_timeout=_TIMEOUT)
                raw = await answer.read()
            if answer.status != 200:
                raise client.ApiException(status=answer.status, reason=answer.reason)
            found: Obj = json.loads(raw)
        except client.ApiException as error:
            if error.status == _CONFLICT:
                raise
            raise self._failed(name, error) from None
        except (OSError, aiohttp.ClientError, WatchError, ValueError, client.OpenApiException) as error:
            raise self._failed(name, error) from None
        return found

    def _shown(self, name: str) -> str:
        return f"ConfigMap {self._namespace}/{name}"

    def _failed(self, name: str, error: Exception) -> RefusedError:
        status, shown = getattr(error, "status", None), self._shown(name)
        if status == 404:
            return RefusedError(503, f"{shown} does not exist; apply the output of generate --controller again")
        if status == 403:
            return RefusedError(503, f"{shown}: no permission; apply the output of generate --controller again")
        reason = f"the API server answers {status}" if status else " ".join(str(error).split()) or type(error).__name__
        return RefusedError(503, f"{shown} cannot be reached: {reason}; try again")

    def _spec(self, config_map: Obj, key: str) -> Obj:
        """Return the settings in a key; those without a head are the whole text."""
        shown = f"{self._shown(config_map['metadata']['name'])}: {key}"
        try:
            found = YAML(typ="safe", pure=True).load((config_map.get("data") or {}).get(key, "")) or {}
        except (YAMLError, ValueError) as error:
            raise RefusedError(409, f"{shown}: {' '.join(str(error).split())}; correct it") from None
        spec = found.get("spec", found) if isinstance(found, dict) else None
        if not isinstance(spec, dict):
            raise RefusedError(409, f"{shown}: no settings; correct it")
        return spec


def _compact(settings: Obj) -> Obj:
    """Return settings without empty parts."""
    if not isinstance(settings, dict):
        return settings
    parts = {key: _compact(value) for key, value in settings.items()}
    return {key: value for key, value in parts.items() if value not in ({}, [])}
