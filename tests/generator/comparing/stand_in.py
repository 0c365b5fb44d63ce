"""A Gateway with engines behind it, on loopback: its models list, and streams with known delays."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

PAUSE = 0.05
PARTS = 3


class Gateway:
    """Answers as engines do: `slow` pauses before each part; others do what their name says, or what `delays` has.

    `delays` has the pauses before the first part of the answers of an engine, in seconds, used in turn.
    """

    def __init__(self, engines: tuple[str, ...] = (), delays: dict[str, list[float]] | None = None) -> None:
        self.engines = engines
        self.delays = delays or {}
        self.bodies: list[dict[str, Any]] = []
        self.heads: list[str] = []
        self.running = 0
        self.most = 0
        self.connections: set[asyncio.Task[None]] = set()
        self.counts: dict[str, int] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection."""
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            self.connections.discard(task)
            writer.transport.abort()

    async def close(self) -> None:
        """End all connections."""
        ending = list(self.connections)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            self.heads.append(head)
            if head.startswith("get "):
                _reply(writer, 200, {"data": [{"id": "m", "owned_by": engine} for engine in self.engines]})
                continue
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            self.bodies.append(json.loads(await reader.readexactly(length)))
            engine = head.partition("x-owned-by: ")[2].partition("\r\n")[0]
            self.running += 1
            self.most = max(self.most, self.running)
            await self._answer(engine, writer)
            self.running -= 1
            if engine in ("cut", "short"):
                await writer.drain()
                writer.close()
                break

    async def _answer(self, engine: str, writer: asyncio.StreamWriter) -> None:
        if engine == "refusing":
            _reply(writer, 404, {"error": {"message": "no such model"}})
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for number in range(PARTS):
            await asyncio.sleep(self._pause(engine, number))
            _write(writer, {"choices": [{"delta": {"content": "x"}}]})
            await writer.drain()
            if engine == "cut" and number == 1:
                return
        _write(writer, {"choices": [], "usage": {"completion_tokens": 6}})
        if engine == "failing":
            _write(writer, {"error": {"message": "out of memory"}})
        if engine != "short":
            _send(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    def _pause(self, engine: str, part: int) -> float:
        if engine in self.delays:
            if part:
                return 0.0
            number = self.counts.get(engine, 0)
            self.counts[engine] = number + 1
            return self.delays[engine][number % len(self.delays[engine])]
        return PAUSE if engine == "slow" else 0.0


def _reply(writer: asyncio.StreamWriter, status: int, body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    writer.write(b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\n" % status)
    writer.write(b"content-length: %d\r\n\r\n" % len(data) + data)


def _write(writer: asyncio.StreamWriter, event: dict[str, Any]) -> None:
    _send(writer, f"data: {json.dumps(event)}\n\n".encode())


def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"%x\r\n%s\r\n" % (len(data), data))


@contextmanager
def serving(gateway: Gateway) -> Iterator[str]:
    """Serve in a thread, and give the URL."""
    started = threading.Event()
    ports: list[int] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        await stop.wait()
        server.close()
        while asyncio.all_tasks() - {asyncio.current_task()}:  # those of a connection that is new begin another one
            await gateway.close()
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # the connections are closed

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(30)
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
