"""What the filter does beyond deciding, or a service that it asks: what it holds back, refuses, survives."""

from __future__ import annotations

import json
import queue
import random
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from llmd_routes.model.bodies import CarrierKind
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from llmd_routes_sidecar.request_head import Request
from tests.sidecar.vectors import SETTINGS, VECTORS, Vector

from .client import answer, call, chunked, connected, head_of
from .conftest import ROUTES, filter_of
from .http2 import call2
from .process import Envoy, envoy
from .sidecar import asking
from .upstream import Upstream, read

JSON = ("content-type", "application/json")
CHUNKED = ("transfer-encoding", "chunked")
CHAT = Request("POST", "llm.example.com", "/v1/chat/completions", (JSON,))
ASK = b'{"model": "m", "owned_by": "vllm"}'
LIMIT = SETTINGS.body_limit


@pytest.fixture(scope="module", params=get_args(CarrierKind))
def carrier(request: pytest.FixtureRequest) -> CarrierKind:
    """What reads bodies: the gateway, or a service that it asks."""
    kind: CarrierKind = request.param
    return kind


@pytest.fixture(scope="module")
def gateway(
    request: pytest.FixtureRequest, carrier: CarrierKind, behind: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Envoy]:
    if carrier == "in-gateway":
        yield request.getfixturevalue("reading")
        return
    with asking(tmp_path_factory.mktemp("envoy"), behind.port, ROUTES, protocol=carrier) as running:
        yield running


# Over HTTP, Envoy asks once it has the whole body, or more than the limit; further tests show what follows from it.
while_it_comes = pytest.mark.parametrize("carrier", ["in-gateway", "ext-proc"], indirect=True, scope="module")


@while_it_comes
@pytest.mark.parametrize(
    "vector",
    [each for each in VECTORS if not each.wanted().read and not each.wanted().status and each.body],
    ids=lambda vector: vector.name,
)
def test_what_is_not_read_is_not_held_back(gateway: Envoy, behind: Upstream, vector: Vector) -> None:
    behind.forget()
    with connected(gateway.port) as one:
        one.sendall(head_of(vector.request, b"x" * 50_000_000)[:-2] + b"\r\n" + b"x" * 100)
        assert behind.heads.get(timeout=10).path == vector.wanted().path


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/plain"])
def test_what_is_not_read_has_no_limit(gateway: Envoy, kind: str) -> None:
    request = Request("POST", CHAT.host, CHAT.path, (("content-type", kind),))
    status, _, raw = call(gateway.port, request, b" " * (5 * LIMIT))
    assert (status, read(raw).length) == (200, 5 * LIMIT)


def test_what_is_read_is_held_back(gateway: Envoy, behind: Upstream) -> None:
    behind.forget()
    with connected(gateway.port) as one:
        one.sendall(head_of(CHAT, ASK) + ASK[:-1])
        with pytest.raises(queue.Empty):
            behind.heads.get(timeout=0.5)
        one.sendall(ASK[-1:])
        assert behind.heads.get(timeout=10).path == CHAT.path


def refusal(status: int, headers: dict[str, str], raw: bytes) -> str:
    """Return the code of a refusal, which is JSON as OpenAI's errors are."""
    assert (status, headers["content-type"]) == (413, "application/json")
    error = json.loads(raw)["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert str(LIMIT) in error["message"]
    return str(error["code"])


@while_it_comes
def test_a_declared_length_is_refused_before_the_body_comes(gateway: Envoy) -> None:
    with connected(gateway.port) as one:
        one.sendall(head_of(Request("POST", CHAT.host, CHAT.path, (JSON, ("content-length", str(LIMIT + 1))))))
        assert refusal(*answer(one)) == "request_too_large"


def test_a_declared_length_is_refused_before_all_of_the_body_comes(gateway: Envoy) -> None:
    with connected(gateway.port) as one:
        one.sendall(head_of(replace(CHAT, headers=(JSON, ("content-length", str(2 * LIMIT))))))
        with suppress(ConnectionError):
            one.sendall(b" " * (LIMIT + 1))
        assert refusal(*answer(one)) == "request_too_large"


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT + 60_000, LIMIT + 200_000, 5 * LIMIT])
def test_a_chunked_body_is_refused(gateway: Envoy, size: int) -> None:
    """By the filter up to what the listener holds, by Envoy above that: clients see no difference."""
    request = Request("POST", CHAT.host, CHAT.path, (JSON, CHUNKED))
    with connected(gateway.port) as one:
        # Envoy closes what it does not read.
        with suppress(ConnectionError):
            one.sendall(head_of(request) + chunked(ASK[:-1] + b" " * (size - len(ASK)) + b"}"))
        assert refusal(*answer(one)) == "request_too_large"


def test_the_longest_body_passes(gateway: Envoy) -> None:
    request = Request("POST", CHAT.host, CHAT.path, (JSON, CHUNKED))
    with connected(gateway.port) as one:
        one.sendall(head_of(request) + chunked(ASK[:-1] + b" " * (LIMIT - len(ASK)) + b"}"))
        status, _, raw = answer(one)
    assert status == 200
    got = read(raw)
    assert (got.length, got.value(OWNER_HEADER)) == (LIMIT, "vllm")


def test_other_paths_have_no_limit(gateway: Envoy) -> None:
    status, _, raw = call(gateway.port, Request("POST", CHAT.host, "/upload", (JSON,)), ASK + b" " * (2 * LIMIT))
    assert (status, read(raw).length) == (200, len(ASK) + 2 * LIMIT)


@pytest.mark.parametrize("host", ["llm.example.com", "other.example.com"])
@pytest.mark.parametrize("name", ["x-gateway-model-name", "X-Gateway-Model-Name", "X-GATEWAY-MODEL-NAME"])
def test_a_model_header_of_the_client_never_arrives(gateway: Envoy, host: str, name: str) -> None:
    request = Request("GET", host, "/elsewhere", ((name, "spoofed"), (name, "twice")))
    got = read(call(gateway.port, request)[2])
    assert (got.value(MODEL_HEADER), got.value("x-matched")) == (None, None)


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PUT"])
def test_methods_without_a_body(gateway: Envoy, method: str) -> None:
    got = read(call(gateway.port, Request(method, CHAT.host, "/v1/files?model=m&owned_by=vllm"))[2])
    assert (got.path, got.value(MODEL_HEADER), got.value(OWNER_HEADER)) == ("/v1/files?model=m", "m", "vllm")


def test_head(gateway: Envoy) -> None:
    assert call(gateway.port, Request("HEAD", CHAT.host, "/v1/files"))[0] == 200


HEAD2 = [(":method", "POST"), (":scheme", "http"), (":authority", "llm.example.com"), (":path", CHAT.path), JSON]


def test_http2_with_trailers(gateway: Envoy) -> None:
    status, raw = call2(gateway.port, HEAD2, ASK, trailers=[("x-checksum", "1")])
    got = read(raw)
    assert (status, got.value(MODEL_HEADER), got.value(OWNER_HEADER)) == (200, "m", "vllm")
    assert got.trailers == ("x-checksum: 1",)


def test_http2_with_a_large_body(gateway: Envoy) -> None:
    status, raw = call2(gateway.port, HEAD2, ASK[:-1] + b" " * 2_000_000 + b"}")
    assert (status, read(raw).value(OWNER_HEADER)) == (200, "vllm")


@pytest.mark.parametrize(("body", "model"), [(None, "m"), (b"{}", None)])
def test_http2_without_a_length(gateway: Envoy, body: bytes | None, model: str | None) -> None:
    """Only what comes after the head tells whether there is a body, beside which the query's model does not count."""
    head = [*HEAD2[:3], (":path", f"{CHAT.path}?model=m"), ("content-type", "text/plain")]
    status, raw = call2(gateway.port, head, body)
    assert (status, read(raw).value(MODEL_HEADER), read(raw).length) == (200, model, len(body or b""))


def test_an_upgrade_with_a_body_does_not_wait_for_the_body(
    gateway: Envoy, carrier: CarrierKind, behind: Upstream
) -> None:
    """It is refused. Over HTTP, Envoy asks without the headers of the connection, so it is passed on."""
    behind.forget()
    with connected(gateway.port) as one:
        one.sendall(head_of(replace(CHAT, headers=(JSON, ("upgrade", "websocket"), ("connection", "upgrade"))), ASK))
        if carrier == "ext-authz":
            assert behind.heads.get(timeout=10).path == CHAT.path
        else:
            assert answer(one)[0] in (400, 403)


@while_it_comes
def test_http2_refusal(gateway: Envoy) -> None:
    status, raw = call2(gateway.port, [*HEAD2, ("content-length", str(LIMIT + 1))], None, ends=False)
    assert (status, json.loads(raw)["error"]["code"]) == (413, "request_too_large")


def test_trailers_after_chunks(gateway: Envoy) -> None:
    request = Request("POST", CHAT.host, CHAT.path, (JSON, CHUNKED, ("trailer", "x-checksum")))
    with connected(gateway.port) as one:
        one.sendall(head_of(request) + chunked(ASK, trailers=("x-checksum: 1",)))
        got = read(answer(one)[2])
    assert (got.value(OWNER_HEADER), got.trailers) == ("vllm", ("x-checksum: 1",))


def test_connect_is_left_alone(gateway: Envoy) -> None:
    """Envoy has no route for it: the answer comes at once, and nothing waits for a body."""
    with connected(gateway.port) as one:
        one.sendall(b"CONNECT llm.example.com:443 HTTP/1.1\r\nhost: llm.example.com:443\r\n\r\n")
        assert answer(one, "CONNECT")[0] in (403, 404)


def test_connect_over_http2_is_left_alone(gateway: Envoy) -> None:
    head = [(":method", "CONNECT"), (":authority", "llm.example.com:443"), JSON]
    assert call2(gateway.port, head, None, ends=False)[0] in (403, 404)


def test_a_hundred_at_once(gateway: Envoy) -> None:
    def ask(number: int) -> tuple[str | None, str | None]:
        body = json.dumps({"messages": ["x" * 1000 * number], "model": f"m{number}", "owned_by": "VLLM"}).encode()
        got = read(call(gateway.port, CHAT, body)[2])
        return got.value(MODEL_HEADER), got.value(OWNER_HEADER)

    with ThreadPoolExecutor(100) as pool:
        assert list(pool.map(ask, range(100))) == [(f"m{number}", "vllm") for number in range(100)]


def test_clients_that_go_away(gateway: Envoy) -> None:
    """In the middle of a body that is held; the gateway serves on."""
    before = gateway.stat("http.llm.downstream_rq_rx_reset") + gateway.stat("http.llm.downstream_cx_destroy_remote")
    for size in (0, 10, 1_000_000):
        with connected(gateway.port) as one:
            one.sendall(head_of(CHAT, b" " * 2_000_000) + b" " * size)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert call(gateway.port, CHAT, ASK)[0] == 200
    after = gateway.stat("http.llm.downstream_rq_rx_reset") + gateway.stat("http.llm.downstream_cx_destroy_remote")
    assert after >= before + 3


def test_any_bytes_do_no_harm(gateway: Envoy) -> None:
    chance = random.Random(20261125)
    for _ in range(2000):
        body = bytearray(ASK)
        at = chance.randrange(len(body))
        body[at : at + 2] = chance.randbytes(chance.randint(0, 4))
        assert call(gateway.port, CHAT, bytes(body))[0] in (200, 400)


def test_a_split_is_drawn_by_each_worker_for_itself(behind: Upstream, tmp_path: Path) -> None:
    """Within five standard deviations; workers that draw alike would answer two connections the same."""
    settings = Settings(splits={"m": {"vllm": 80, "sglang": 20}})
    with envoy(tmp_path, behind.port, ROUTES, filter_of(settings), workers=4) as running:
        drawn = [drawn_on_one_connection(running, 100) for _ in range(20)]
    counts = Counter(owner for owners in drawn for owner in owners)
    assert counts.keys() == {"vllm", "sglang"}
    assert abs(counts["sglang"] - 400) < 5 * (2000 * 0.8 * 0.2) ** 0.5
    assert len({tuple(owners) for owners in drawn}) == len(drawn)


def drawn_on_one_connection(running: Envoy, number: int) -> list[str | None]:
    body = b'{"model": "m"}'
    found = []
    with connected(running.port) as one:
        for _ in range(number):
            one.sendall(head_of(CHAT, body) + body)
            found.append(read(answer(one)[2]).value(OWNER_HEADER))
    return found
