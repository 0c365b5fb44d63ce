"""The protocol over real sockets: order, limits, memory, and invalid requests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from llmd_routes_sidecar import http_protocol
from llmd_routes_sidecar.exchange import Room
from llmd_routes_sidecar.http_port import Handlers, Port
from llmd_routes_sidecar.http_protocol import HttpProtocol
from llmd_routes_sidecar.request_head import Request

LIMIT, MEMORY = 2 * 1024 * 1024, 3 * 1024 * 1024


@dataclass(frozen=True)
class Page:
    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def answer(request: Request, body: bytearray) -> Page:
    if request.path == "/fails":
        raise ValueError("no")
    return Page(200, f"{request.method} {request.path} {len(body)}", (("x-thread", threading.current_thread().name),))


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Port, int]]:
    handlers = Handlers(
        answer, lambda: Page(413), lambda: Page(503), lambda request, error: Page(500, str(error)), lambda *_: None
    )
    port = Port(handlers, LIMIT, Room(MEMORY))
    server = await asyncio.get_running_loop().create_server(partial(HttpProtocol, port), "127.0.0.1", 0)
    try:
        yield port, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in list(port.connections):
            connection.close()
        await asyncio.sleep(0)


def run(test: Callable[[Port, int], Awaitable[None]]) -> None:
    async def within() -> None:
        async with serving() as (port, number):
            await asyncio.wait_for(test(port, number), 20)
            for _ in range(100):
                if port.room.free == MEMORY:
                    break
                await asyncio.sleep(0.02)
            # Whatever happened, no byte counts as buffered any more.
            assert port.room.free == MEMORY

    asyncio.run(within())


async def sent(number: int, *parts: bytes, close: bool = True) -> bytes:
    """Send parts on one connection, and return everything that comes back until it ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", number)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0)
    if close and writer.can_write_eof():
        writer.write_eof()
    data = await reader.read()
    writer.close()
    return data


def post(body: bytes, path: str = "/", *more: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: gw\r\ncontent-length: {len(body)}\r\n" + "".join(
        f"{one}\r\n" for one in more
    )
    return head.encode() + b"\r\n" + body


def bodies(data: bytes) -> list[str]:
    """Return the bodies of responses, which have no line break."""
    return [part.rpartition(b"\r\n")[2].decode() for part in data.split(b"HTTP/1.1 ")[1:]]


def test_pipelined_requests_are_answered_in_order() -> None:
    async def test(port: Port, number: int) -> None:
        data = await sent(number, b"".join(post(b"x" * n, f"/{n}") for n in range(20)))
        assert bodies(data) == [f"POST /{n} {n}" for n in range(20)]

    run(test)


def test_a_large_body_is_handled_in_a_thread_and_delays_only_its_connection() -> None:
    async def test(port: Port, number: int) -> None:
        data = await sent(number, post(b"x" * 1_000_000, "/large"), post(b"", "/next"))
        assert bodies(data) == ["POST /large 1000000", "POST /next 0"]
        first, second = (part.partition(b"x-thread: ")[2].split(b"\r\n")[0] for part in data.split(b"HTTP/1.1")[1:])
        assert first.startswith(b"bodies") and second == b"MainThread"

    run(test)


def test_bytes_may_arrive_one_by_one() -> None:
    async def test(port: Port, number: int) -> None:
        whole = post(b"hello", "/a") + post(b"you", "/b")
        assert bodies(await sent(number, *(bytes([each]) for each in whole))) == ["POST /a 5", "POST /b 3"]

    run(test)


def test_chunked_bodies_and_heads_without_a_body() -> None:
    async def test(port: Port, number: int) -> None:
        chunked = b"POST /c HTTP/1.1\r\nhost: gw\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        head = b"HEAD /h HTTP/1.1\r\nhost: gw\r\n\r\n"
        data = await sent(number, chunked, head)
        assert bodies(data) == ["POST /c 5", ""] and data.endswith(b"content-length: 9\r\n\r\n")

    run(test)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post(b"x" * (LIMIT + 1)), b"413"),
        (post(b"", "/fails"), b"500"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
        (b"GET / HTTP/1.1\r\nhost: gw\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 201 + b"\r\n", b"400"),
        (b"GET / HTTP/1.1\r\na: " + b"x" * 70_000, b"431"),
        (b"GET /" + b"x" * 70_000, b"431"),
    ],
)
def test_what_is_refused(request_: bytes, status: bytes) -> None:
    async def test(port: Port, number: int) -> None:
        assert (await sent(number, request_)).startswith(b"HTTP/1.1 " + status)
        # The port goes on.
        assert bodies(await sent(number, post(b"y"))) == ["POST / 1"]

    run(test)


def test_memory_is_shared_by_all_connections() -> None:
    async def test(port: Port, number: int) -> None:
        assert port.room.take(MEMORY - 10)
        assert (await sent(number, post(b"x" * 11))).startswith(b"HTTP/1.1 503")
        port.room.give_back(MEMORY - 10)
        assert bodies(await sent(number, post(b"x" * 11))) == ["POST / 11"]

    run(test)


def test_a_client_that_leaves_in_the_middle_frees_its_memory() -> None:
    async def test(port: Port, number: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", number)
        writer.write(post(b"x" * 1000)[:-500])
        await writer.drain()
        await asyncio.sleep(0.05)
        assert port.room.free == MEMORY - 500
        writer.close()

    run(test)


def test_slow_clients_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(http_protocol, "BODY_SECONDS", 0.2)

    async def test(port: Port, number: int) -> None:
        whole = post(b"x" * 100)
        halves = (b"POST / HT", whole[:-1], whole + b"POST / HT", whole + whole[:-1], whole[:-1] + b"x" + whole[:-1])
        for part in halves:
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                if len(bodies(await sent(number, part, close=False))) == part.count(b"POST") - 1:
                    raise ConnectionError
        # Between requests, a connection may rest.
        reader, writer = await asyncio.open_connection("127.0.0.1", number)
        for _ in range(2):
            writer.write(post(b""))
            assert (await reader.readuntil(b"POST / 0")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.3)
        writer.close()

    run(test)


def test_an_idle_connection_makes_way_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "MOST_CONNECTIONS", 2)

    async def test(port: Port, number: int) -> None:
        opened = [await asyncio.open_connection("127.0.0.1", number) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert bodies(await sent(number, post(b""))) == ["POST / 0"]
        # The first connection was idle for longest.
        assert await opened[0][0].read() == b""
        opened[1][1].write(post(b""))
        assert (await opened[1][0].read(12)) == b"HTTP/1.1 200"
        for _, writer in opened:
            writer.close()

    run(test)


def test_an_empty_line_does_not_keep_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "MOST_CONNECTIONS", 1)

    async def test(port: Port, number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", number)
        writer.write(b"\r\n")
        await asyncio.sleep(0.05)
        assert bodies(await sent(number, post(b""))) == ["POST / 0"]
        assert await reader.read() == b""
        writer.close()
        assert (await sent(number, b"\r\n" * 40_000)).startswith(b"HTTP/1.1 431")

    run(test)


def test_while_it_drains_connections_end() -> None:
    async def test(port: Port, number: int) -> None:
        idle = await asyncio.open_connection("127.0.0.1", number)
        busy_reader, busy_writer = await asyncio.open_connection("127.0.0.1", number)
        busy_writer.write(post(b"abc")[:-1])
        await asyncio.sleep(0.05)
        port.drain()
        assert await idle[0].read() == b""
        busy_writer.write(b"c")
        data = await busy_reader.read()
        assert bodies(data) == ["POST / 3"] and b"connection: close" in data
        for writer in (idle[1], busy_writer):
            writer.close()

    run(test)


def test_an_upgrade_is_answered_and_ends() -> None:
    async def test(port: Port, number: int) -> None:
        upgrade = b"GET /u HTTP/1.1\r\nhost: gw\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n\x81\x05hello"
        data = await sent(number, upgrade, close=False)
        assert bodies(data) == ["GET /u 0"]

    run(test)
