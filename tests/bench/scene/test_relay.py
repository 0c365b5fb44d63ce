"""Relays pass bytes on, in both directions, and the end of each direction."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import threading
from pathlib import Path

from tests.bench.apiserver import free_ports
from tests.bench.processes import Processes
from tests.bench.waiting import until

from .relay import pass_on

MUCH = bytes(range(256)) * 4096


def answer_once(server: socket.socket) -> None:
    """Answer one client what it sent, in reverse, after it said that it is done."""
    connection, _ = server.accept()
    with connection:
        received = b"".join(iter(lambda: connection.recv(65536), b""))
        connection.sendall(received[::-1])


def test_two_relays_joined_by_a_unix_socket(tmp_path: Path) -> None:
    target = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=answer_once, args=(target,), daemon=True).start()
    (port,) = free_ports(1)
    middle = str(tmp_path / "relay")
    with Processes(tmp_path) as processes, target:
        program, module = Path(sys.executable), ("-m", "tests.bench.scene.relay")
        processes.start("inner", program, *module, middle, f"127.0.0.1:{target.getsockname()[1]}")
        until(Path(middle).exists, "the inner relay listens")
        processes.start("outer", program, *module, f"127.0.0.1:{port}", middle)
        client = until(lambda: socket.create_connection(("127.0.0.1", port)), "the outer relay listens")
        with client:
            client.sendall(MUCH)
            client.shutdown(socket.SHUT_WR)
            assert b"".join(iter(lambda: client.recv(65536), b"")) == MUCH[::-1]


def test_where_nobody_listens_the_client_is_told(tmp_path: Path) -> None:
    listens, empty = free_ports(2)
    with Processes(tmp_path) as processes:
        words = ("-m", "tests.bench.scene.relay", f"127.0.0.1:{listens}", f"127.0.0.1:{empty}")
        processes.start("relay", Path(sys.executable), *words)
        with until(lambda: socket.create_connection(("127.0.0.1", listens)), "the relay listens") as client:
            assert client.recv(1) == b""


def test_a_connection_that_waits_survives_a_collection() -> None:
    """Nothing but the connection itself refers to it while both sides are silent."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(2))[::-1])
        writer.close()

    async def converse() -> bytes:
        target = await asyncio.start_server(answer, "127.0.0.1", 0)
        place = f"127.0.0.1:{target.sockets[0].getsockname()[1]}"

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await pass_on((reader, writer), place)

        relay = await asyncio.start_server(accept, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*relay.sockets[0].getsockname())
        writer.write(b"a")
        await asyncio.sleep(0.2)
        gc.collect()
        writer.write(b"b")
        found = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        for server in (relay, target):
            server.close()
        await asyncio.sleep(0.2)  # until all connections are closed
        return found

    assert asyncio.run(converse()) == b"ba"
