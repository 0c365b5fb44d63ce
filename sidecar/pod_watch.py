"""Follow the pods of namespaces through the API server: a list, then a watch from its version on. I/O.

What is known stays known while the server is away.
Spec: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

import aiohttp
from kubernetes.aio import client, watch

from .cluster import connect
from .pods import Pod, pod_of

_PAGE: Final = 500
# Seconds: the duration of a watch, the maximum time without data (bookmarks arrive every minute), and the pauses after
# failures.
_WATCH: Final = (240, 300)
_SILENCE: Final = 90
_PAUSES: Final = (0.5, 30.0)
_GONE: Final = 410
_PATH: Final = "/api/v1/namespaces/{namespace}/pods"
_QUERY: Final = {
    "_continue": "continue",
    "allow_watch_bookmarks": "allowWatchBookmarks",
    "resource_version": "resourceVersion",
    "timeout_seconds": "timeoutSeconds",
}


class PodWatch:
    """The pods of the watched namespaces, once known; `changed` is called when they change."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._pods: dict[str, dict[str, Pod]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._api: client.ApiClient | None = None

    @property
    def pods(self) -> dict[str, Iterable[Pod]]:
        """Return the pods of each listed namespace."""
        return {namespace: there.values() for namespace, there in self._pods.items()}

    def follow(self, namespaces: Iterable[str]) -> None:
        """Watch exactly these namespaces from now on."""
        wanted = set(namespaces)
        for gone in self._tasks.keys() - wanted:
            self._tasks.pop(gone).cancel()
            self._pods.pop(gone, None)
        for new in wanted - self._tasks.keys():
            self._tasks[new] = asyncio.create_task(self._follow(new))

    async def connect(self) -> None:
        """Connect to the cluster that this runs in, or to that of a kubeconfig. Raises WatchError."""
        self._api = await connect()

    async def close(self) -> None:
        """Stop all watches, and close all connections."""
        ending = list(self._tasks.values())
        self.follow(())
        await asyncio.gather(*ending, return_exceptions=True)
        if self._api is not None:
            await self._api.close()

    async def _follow(self, namespace: str) -> None:
        version: str | None = None
        failures, told = 0, ""
        while True:
            try:
                if version is None:
                    version = await self._list(namespace)
                version = await self._watch(namespace, version)
                failures, told = 0, ""
                continue
            except client.ApiException as error:
                if error.status == _GONE:
                    version = None  # the server has forgotten the events since then: list again
                reason = f"{error.status} {error.reason}"
            except Exception as error:  # the next response may succeed, whatever the server answered now
                reason = " ".join(str(error).split()) or type(error).__name__
            failures += 1
            if reason != told:
                print(f"pods of {namespace}: {reason}; what is known goes on", file=sys.stderr)
                told = reason
            await asyncio.sleep(_pause(failures))

    async def _list(self, namespace: str) -> str:
        """Store all pods, and return the resource version from which to watch changes."""
        found: dict[str, Pod] = {}
        token: str | None = None
        while True:
            more = {"_continue": token} if token else {}
            answer = await self._page(namespace, limit=_PAGE, **more)
            for raw in answer.get("items") or ():
                if (pod := pod_of(raw)) is not None:
                    found[pod.name] = pod
            token = answer["metadata"].get("continue")
            if not token:
                break
        if self._pods.get(namespace) != found:
            self._pods[namespace] = found
            self._changed()
        return str(answer["metadata"]["resourceVersion"])

    async def _page(self, namespace: str, **query: Any) -> dict[str, Any]:
        async with await self._ask(namespace, _SILENCE, **query) as answer:
            if answer.status != 200:
                raise client.ApiException(status=answer.status, reason=answer.reason)
            found: dict[str, Any] = await answer.json()
            return found

    async def _ask(
        self, namespace: str, timeout: float, _preload_content: bool = False, **query: Any
    ) -> aiohttp.ClientResponse:
        """Request the pods of a namespace, without `CoreV1Api`, whose import takes 25 MB and most of a second."""
        assert self._api is not None
        asked = await self._api.param_serialize(
            "GET",
            _PATH,
            path_params={"namespace": namespace},
            query_params=[(_QUERY.get(name, name), value) for name, value in query.items()],
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
        )
        answer = await self._api.call_api(*asked, _request_timeout=timeout)
        found: aiohttp.ClientResponse = answer.response
        return found

    async def _watch(self, namespace: str, version: str) -> str:
        """Apply changes until the server ends the watch, and return the last resource version."""
        async with watch.Watch(return_type="object") as changes:
            changes.resource_version = version
            stream = changes.stream(
                self._ask,
                namespace,
                _WATCH[1] + _SILENCE,
                resource_version=version,
                allow_watch_bookmarks=True,
                timeout_seconds=random.randint(*_WATCH),
            )
            while True:
                async with asyncio.timeout(_SILENCE):
                    change = await anext(stream, None)
                if change is None:
                    return str(changes.resource_version)
                if not isinstance(change, dict):
                    raise ValueError("what the server answers is no change of a pod")
                if change["type"] != "BOOKMARK":
                    self._take(namespace, change["type"], change["raw_object"])

    def _take(self, namespace: str, kind: str, raw: dict[str, Any]) -> None:
        there, name = self._pods[namespace], raw["metadata"]["name"]
        pod = pod_of(raw) if kind != "DELETED" else None
        if pod == there.get(name):
            return
        if pod is None:
            del there[name]
        else:
            there[name] = pod
        self._changed()


def _pause(failures: int) -> float:
    shortest, longest = _PAUSES
    return random.uniform(0.5, 1.0) * min(longest, shortest * 2.0**failures)
