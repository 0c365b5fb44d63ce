"""Read and change the ConfigMap with the settings of a controller. I/O.

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
from .requested import OPERATORS_KEY, REQUESTED, SETTINGS_KEY
from .routing import RefusedError

Obj = dict[str, Any]
_PATH: Final = "/api/v1/namespaces/{namespace}/configmaps/{name}"
_HEAD: Final = {"apiVersion": "llmd-routes/v1alpha1", "kind": "Configuration"}
_MOST_ATTEMPTS: Final = 8
_TIMEOUT: Final = 10
_CONFLICT: Final = 409


class SettingsMap:
    """The ConfigMap, by namespace and name. Each call has a connection of its own, because there are few."""

    def __init__(self, namespace: str, name: str) -> None:
        self._place = {"namespace": namespace, "name": name}

    def __str__(self) -> str:
        """Return its name in messages."""
        return f"ConfigMap {self._place['namespace']}/{self._place['name']}"

    async def read(self) -> tuple[Obj, Obj]:
        """Return the settings of the user and of operators: the `spec` of each. Raises RefusedError."""
        return self._specs(await self._send("GET"))

    async def change(self, make: Callable[[Obj, Obj], Obj]) -> tuple[Obj, Obj]:
        """Store the operators' settings that `make` returns for those of the user and of operators; return both.

        Raises RefusedError, also what `make` raises.
        """

        def changed(config_map: Obj) -> Obj:
            operators = make(*self._specs(config_map))
            text = json.dumps({**_HEAD, "spec": _compact(operators)}, indent=2) + "\n"
            return {**config_map, "data": {**config_map["data"], OPERATORS_KEY: text}}

        return self._specs(await self._replace(changed))

    async def request(self, moment: str) -> tuple[Obj, Obj]:
        """Request that the controller examines the cluster again; return the settings. Raises RefusedError."""

        def requested(config_map: Obj) -> Obj:
            metadata = config_map["metadata"]
            annotations = {**(metadata.get("annotations") or {}), REQUESTED: moment}
            return {**config_map, "metadata": {**metadata, "annotations": annotations}}

        return self._specs(await self._replace(requested))

    async def _replace(self, change: Callable[[Obj], Obj]) -> Obj:
        for attempt in range(_MOST_ATTEMPTS):
            try:
                return await self._send("PUT", change(await self._send("GET")))
            except client.ApiException as error:
                if error.status != _CONFLICT:
                    raise self._failed(error) from None
            await asyncio.sleep(0.01 * 2**attempt)
        raise RefusedError(503, f"{self} changes all the time; try again")

    async def _send(self, method: str, body: Obj | None = None) -> Obj:
        """Return the response to a request. Raises RefusedError, but ApiException for a conflict."""
        try:
            async with await connect() as api:
                asked = await api.param_serialize(
                    method,
                    _PATH,
                    path_params=self._place,
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
            raise self._failed(error) from None
        except (OSError, aiohttp.ClientError, WatchError, ValueError, client.OpenApiException) as error:
            raise self._failed(error) from None
        return found

    def _failed(self, error: Exception) -> RefusedError:
        status = getattr(error, "status", None)
        if status == 404:
            return RefusedError(503, f"{self} does not exist; create the controller again with generate --controller")
        if status == 403:
            return RefusedError(503, f"{self}: no permission; apply the output of generate --controller again")
        reason = f"the API server answers {status}" if status else " ".join(str(error).split()) or type(error).__name__
        return RefusedError(503, f"{self} cannot be reached: {reason}; try again")

    def _specs(self, config_map: Obj) -> tuple[Obj, Obj]:
        data = config_map.get("data") or {}
        return self._spec(data, SETTINGS_KEY), self._spec(data, OPERATORS_KEY)

    def _spec(self, data: Obj, key: str) -> Obj:
        """Return the settings in a key; those without a head are the whole text."""
        try:
            found = YAML(typ="safe", pure=True).load(data.get(key, "")) or {}
        except (YAMLError, ValueError) as error:
            raise RefusedError(409, f"{self}: {key}: {' '.join(str(error).split())}; correct it") from None
        spec = found.get("spec", found) if isinstance(found, dict) else None
        if not isinstance(spec, dict):
            raise RefusedError(409, f"{self}: {key}: no settings; correct it")
        return spec


def _compact(settings: Obj) -> Obj:
    """Return settings without empty parts."""
    if not isinstance(settings, dict):
        return settings
    parts = {key: _compact(value) for key, value in settings.items()}
    return {key: value for key, value in parts.items() if value not in ({}, [])}
