"""Peers that answer on sockets of their own, as badly as a test wants."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Writer = asyncio.StreamWriter
# Writes what answers the head of a request.
Answerer = Callable[[str, Writer], Awaitable[None]]


@dataclass
class Peer:
    """A listening peer, and the heads of all requests that it got."""

    port: int = 0
    heads: list[str] = field(default_factory=list)


@asynccontextmanager
async def peer(answer: Answerer, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Peer]:
    """Listen on a port of the loopback address until the block ends; then all connections are cut."""
    found = Peer()
    connections: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                found.heads.append(head)
                await answer(head, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            connections.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", port, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        ending = list(connections)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending)


def saying(body: bytes, status: str = "200 OK", headers: str = "") -> Answerer:
    """Return what answers always the same."""

    async def answer(_: str, writer: Writer) -> None:
        head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return answer
