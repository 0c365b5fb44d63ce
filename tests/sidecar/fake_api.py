"""A stand-in for what an API server does about the pods of one namespace; the real one is on the bench."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .kubeconfigs import write_kubeconfig
from .peers import Peer, Writer, peer

Obj = dict[str, Any]
NAMESPACE = "llm"


def raw_pod(name: str, address: str, app: str = "vllm", ready: bool = True) -> Obj:
    """Return a pod as the API server has it."""
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app": app}}
    return {"metadata": metadata, "status": {"podIP": address, "conditions": [condition]}}


@dataclass
class FakeApi:
    """Pods, and the changes since; `oldest` is the first version from which they may be watched still.

    It answers `status` to everything where that is set. `lists` and `watches` are the queries that it got. `ends` is
    how often all watches were ended.
    """

    version: int = 1
    oldest: int = 0
    status: int | None = None
    page: int | None = None
    pods: dict[str, Obj] = field(default_factory=dict)
    changes: list[tuple[int, Obj]] = field(default_factory=list)
    lists: list[dict[str, str]] = field(default_factory=list)
    watches: list[dict[str, str]] = field(default_factory=list)
    ends: int = 0
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def set(self, pod: Obj) -> None:
        """Add or change a pod."""
        name = pod["metadata"]["name"]
        kind = "MODIFIED" if name in self.pods else "ADDED"
        self.pods[name] = pod
        await self._tell(kind, pod)

    async def remove(self, name: str) -> None:
        """Delete a pod."""
        await self._tell("DELETED", self.pods.pop(name))

    async def bookmark(self) -> None:
        """Tell watches how far they are."""
        await self._tell("BOOKMARK", {"kind": "Pod", "metadata": {}})

    async def expire(self) -> None:
        """End all watches as those of a version that is forgotten."""
        await self._tell("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
        self.oldest = self.version

    async def _tell(self, kind: str, obj: Obj) -> None:
        async with self._more:
            self.version += 1
            obj = {**obj, "metadata": {**obj.get("metadata", {}), "resourceVersion": str(self.version)}}
            self.changes.append((self.version, {"type": kind, "object": obj}))
            self._more.notify_all()

    async def answer(self, head: str, writer: Writer) -> None:
        """Answer a request."""
        url = urlsplit(head.split(" ")[1])
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        assert url.path == f"/api/v1/namespaces/{NAMESPACE}/pods"
        (self.watches if "watch" in query else self.lists).append(query)
        if self.status is not None:
            _send(writer, self.status, {"kind": "Status", "code": self.status, "reason": "Forbidden", "message": "no"})
        elif "watch" in query:
            await self._watch(int(query["resourceVersion"]), writer)
        else:
            self._list(query, writer)
        await writer.drain()

    def _list(self, query: dict[str, str], writer: Writer) -> None:
        start = int(query.get("continue", 0))
        names = sorted(self.pods)[start : start + (self.page or len(self.pods))]
        end = start + len(names)
        metadata = {"resourceVersion": str(self.version)} | ({"continue": str(end)} if end < len(self.pods) else {})
        _send(writer, 200, {"metadata": metadata, "items": [self.pods[name] for name in names]})

    async def _watch(self, version: int, writer: Writer) -> None:
        if version < self.oldest:
            gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old", "metadata": {}}
            return _send(writer, 200, {"type": "ERROR", "object": gone})
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        start = self.ends
        while self.ends == start:
            for number, change in self.changes:
                if number > version:
                    writer.write(json.dumps(change).encode() + b"\n")
                    version = number
            await writer.drain()
            async with self._more:
                while self.version <= version and self.ends == start:
                    await self._more.wait()
        writer.close()

    async def end_watches(self) -> None:
        """End all watches as a server does after a while."""
        async with self._more:
            self.ends += 1
            self._more.notify_all()


def _send(writer: Writer, status: int, body: Obj) -> None:
    text = json.dumps(body).encode() + b"\n"
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    writer.write(head.encode() + text)


@asynccontextmanager
async def fake_api(api: FakeApi, kubeconfig: Path, port: int = 0) -> AsyncIterator[Peer]:
    """Serve until the block ends; a kubeconfig for it is written."""
    async with peer(api.answer, port=port) as found:
        write_kubeconfig(kubeconfig, f"http://127.0.0.1:{found.port}")
        yield found
