"""Clients and engines that would take memory, connections or the list of models from the server of models."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import uvicorn

from llmd_routes_sidecar import limited_http
from llmd_routes_sidecar.engine_models import models_of
from llmd_routes_sidecar.limited_http import MOST_HEADERS, MOST_IN_HEAD, LimitedProtocol
from llmd_routes_sidecar.served import Entry, Served

Head = bytes
GET: Head = b"GET / HTTP/1.1\r\nhost: a\r\n"


async def answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server with the protocol, whose clients have a second for a head, and which takes five of them."""
    monkeypatch.setattr(limited_http, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(limited_http, "MOST_CONNECTIONS", 5)
    server = uvicorn.Server(uvicorn.Config(answer, http=LimitedProtocol, ws="none", lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def told(one: socket.socket) -> bytes:
    """Return an answer of the application, or what comes before the connection is closed."""
    said = b""
    with suppress(ConnectionError):
        while not said.endswith(b"\r\n\r\nok") and (more := one.recv(4096)):
            said += more
    return said


@pytest.mark.parametrize("times", [1, 3])
def test_usual_requests_are_answered(port: int, times: int) -> None:
    """On one connection too, and with a head in pieces."""
    with connected(port) as one:
        for _ in range(times):
            one.sendall(GET)
            time.sleep(0.05)
            one.sendall(b"x: " + b"y" * (MOST_IN_HEAD // 2) + b"\r\n\r\n")
            assert told(one).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("first", [b"", GET + b"\r\n"], ids=["first", "second"])
def test_a_head_without_end_is_refused(port: int, first: bytes) -> None:
    with connected(port) as one:
        if first:
            one.sendall(first)
            assert told(one).startswith(b"HTTP/1.1 200")
        with suppress(ConnectionError):
            one.sendall(GET + b"x: ")
            for _ in range(100):
                one.sendall(b"y" * 1024)
                time.sleep(0.001)
        assert told(one)[:12] in (b"HTTP/1.1 400", b"")


def test_many_headers_are_refused(port: int) -> None:
    with connected(port) as one:
        one.sendall(GET + b"a: b\r\n" * MOST_HEADERS + b"\r\n")
        assert told(one).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nx: "], ids=["nothing", "a part"])
def test_a_head_that_does_not_come_is_cut_off(port: int, begun: bytes) -> None:
    with connected(port) as one:
        one.sendall(begun)
        assert told(one) == b""


def test_one_connection_too_many_is_closed(port: int) -> None:
    held = [connected(port) for _ in range(5)]
    time.sleep(0.1)
    with connected(port) as one:
        assert told(one) == b""
    for each in held:
        each.close()
    time.sleep(0.1)
    with connected(port) as one:
        one.sendall(GET + b"\r\n")
        assert told(one).startswith(b"HTTP/1.1 200")


DEEP = b"[" * 20 + b"]" * 20
HOSTILE = {
    "NaN": b'"x": NaN',
    "infinity": b'"x": -Infinity',
    "1e999": b'"x": [1e999]',
    "a long number": b'"x": ' + b"9" * 4000,
    "levels": b'"x": ' + DEEP,
    "half a pair": b'"x": "\\ud800"',
    "half a pair in a name": b'"\\ud800": 1',
    "created late": b'"created": 253402300800',
    "created as infinity": b'"created": 1e999',
    "created as text": b'"created": "1"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_engine_harms_its_own_entries_only(name: str) -> None:
    raw = b'{"data": [{"id": "a", "root": "r", ' + HOSTILE[name] + b'}, {"id": "b", "max_model_len": 1}]}'
    found = models_of(raw)
    assert found == {"a": {"root": "r"}, "b": {"max_model_len": 1}}
    listed = Served(tuple(Entry(model, "vllm", more=more) for model, more in found.items())).listed(None)
    json.loads(listed, parse_constant=lambda constant: pytest.fail(constant))
