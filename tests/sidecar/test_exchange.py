"""A gateway is told piece by piece what the contract decides, however it sends a request."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes_sidecar.answers import Answer, refusal
from llmd_routes_sidecar.exchange import MOST_IN_CHUNK, Chunk, Exchange, Head, Mode, Piece, Reply, Room, Trailers
from llmd_routes_sidecar.extraction import Decision, Settings, decide
from llmd_routes_sidecar.request_head import Request

from .vectors import SETTINGS, VECTORS, Vector

JSON = (("content-type", "application/json"),)
CHAT = Request("POST", "llm.example.com", "/v1/chat/completions", JSON)
FILE = Request("POST", "llm.example.com", "/v1/files", (("content-type", "application/octet-stream"),))
BODY = b'{"model": "m", "owned_by": "vllm"}'
WANTED = Decision("m", "vllm", CHAT.path)


def draw(weights: Mapping[str, int]) -> str:
    return max(weights)


def exchange(mode: Mode, room: Room | None = None, limit: int = 1000) -> Exchange:
    return Exchange(Settings(body_limit=limit), draw, mode, room or Room(10_000))


def sent(one: Exchange, request: Request, pieces: list[bytes], trailers: bool = False) -> list[Reply]:
    """Send a request as Envoy does: nothing more after an answer."""
    replies = [*one.head(request, ended=not pieces and not trailers)]
    for number, piece in enumerate(pieces, start=1):
        replies += one.body(piece, ended=number == len(pieces) and not trailers)
    return [*replies, *(one.trailers() if trailers else ())]


def decision(replies: list[Reply]) -> Decision | int | None:
    """Return what was decided, or the status of an answer."""
    if isinstance(replies[-1], Answer):
        return replies[-1].status
    decided = [one.decision for one in replies if isinstance(one, Head | Piece) and one.decision is not None]
    assert len(decided) == 1
    return decided[0]


def test_both_ways_the_head_waits_for_the_whole_body() -> None:
    one = exchange(Mode.FULL_DUPLEX)
    assert [*one.head(CHAT, False), *one.body(BODY[:9], False)] == []
    replies = one.body(BODY[9:], True)
    assert next(replies) == Head(WANTED)
    assert next(replies) == Chunk(BODY, True)
    # It counts until it is passed on.
    assert one.room.free == 10_000 - len(BODY)
    assert list(replies) == [] and one.room.free == 10_000


def test_a_whole_body_decides_with_its_own_reply() -> None:
    one = exchange(Mode.BUFFERED)
    assert [*one.head(CHAT, False)] == [Head()]
    assert [*one.body(BODY, True)] == [Piece(WANTED)]
    # With trailers behind it the only piece is not the end.
    assert sent(exchange(Mode.BUFFERED), CHAT, [BODY], trailers=True) == [Head(), Piece(WANTED), Trailers()]


def test_in_pieces_each_is_replied_to_after_the_head() -> None:
    assert sent(exchange(Mode.STREAMED), CHAT, [BODY[:9], BODY[9:], b""]) == [Head(WANTED), Piece(), Piece(), Piece()]


def test_without_bodies_the_head_decides() -> None:
    asked = Request("POST", CHAT.host, f"{CHAT.path}?model=m&engine=tgi", JSON)
    assert [*exchange(Mode.NONE).head(asked, True)] == [Head(Decision("m", "tgi", CHAT.path))]
    # The engine runs what the body names, which nobody read.
    assert [*exchange(Mode.NONE).head(asked, False)] == [Head(Decision(None, None, f"{CHAT.path}?model=m"))]
    long = Request("POST", CHAT.host, CHAT.path, (*JSON, ("content-length", "1001")))
    assert [*exchange(Mode.NONE).head(long, False)] == [Head(Decision(None, None, CHAT.path))]


@pytest.mark.parametrize("mode", Mode)
def test_what_the_head_tells_is_refused_before_the_body_comes(mode: Mode) -> None:
    encoded = Request("POST", CHAT.host, CHAT.path, (*JSON, ("content-encoding", "gzip")))
    (refused,) = exchange(mode).head(encoded, False)
    assert isinstance(refused, Answer) and refused.status == 415
    upgraded = Request("POST", CHAT.host, CHAT.path, (("upgrade", "websocket"), ("connection", "upgrade")))
    (refused,) = exchange(mode).head(upgraded, False)
    assert isinstance(refused, Answer) and refused.status == 400


@pytest.mark.parametrize("mode", [Mode.BUFFERED, Mode.STREAMED, Mode.FULL_DUPLEX])
@pytest.mark.parametrize("trailers", [False, True])
def test_a_body_that_is_no_json_is_refused_at_its_end(mode: Mode, trailers: bool) -> None:
    one = exchange(mode)
    replies = sent(one, CHAT, [b"no JSON"], trailers)
    assert isinstance(replies[-1], Answer) and replies[-1].status == 400
    assert (one.is_over, one.room.free) == (True, 10_000)
    assert not any(isinstance(reply, Chunk | Piece) for reply in replies)


@pytest.mark.parametrize("mode", Mode)
def test_what_is_not_read_passes_as_it_comes(mode: Mode) -> None:
    one = exchange(mode, limit=1)
    assert [*one.head(FILE, False)] == [Head(Decision(None, None, FILE.path), skip_body=mode is Mode.BUFFERED)]
    passed = [Chunk(b"abc", False)] if mode is Mode.FULL_DUPLEX else [Piece()]
    assert [*one.body(b"abc", False)] == passed
    assert one.room.free == 10_000


def test_the_end_may_come_alone_or_with_trailers() -> None:
    assert sent(exchange(Mode.FULL_DUPLEX), CHAT, [BODY, b""])[-1] == Chunk(BODY, True)
    assert sent(exchange(Mode.FULL_DUPLEX), CHAT, [b""]) == [
        Head(Decision(None, None, CHAT.path)),
        Chunk(b"", True),
    ]
    with_trailers = sent(exchange(Mode.FULL_DUPLEX), CHAT, [BODY], trailers=True)
    assert with_trailers == [Head(WANTED), Chunk(BODY, False), Trailers()]
    assert sent(exchange(Mode.FULL_DUPLEX), CHAT, [], trailers=True)[1:] == [Trailers()]


@pytest.mark.parametrize("mode", [Mode.BUFFERED, Mode.STREAMED, Mode.FULL_DUPLEX])
def test_a_body_over_the_limit(mode: Mode) -> None:
    for pieces in ([b"x" * 1001], [b"x" * 1000, b"x"]):
        if mode is Mode.BUFFERED and len(pieces) > 1:
            continue
        one = exchange(mode)
        last = sent(one, CHAT, pieces)[-1]
        assert isinstance(last, Answer) and last.status == 413
        assert [*one.body(b"more", True), *one.trailers()] == []
        assert one.room.free == 10_000
    told = Request("POST", CHAT.host, CHAT.path, (*JSON, ("content-length", "1001")))
    (refused,) = exchange(mode).head(told, False)
    assert isinstance(refused, Answer) and refused.status == 413


def test_what_is_held_over_all_requests_has_a_limit() -> None:
    room = Room(1500)
    first, second = exchange(Mode.FULL_DUPLEX, room), exchange(Mode.FULL_DUPLEX, room)
    assert sent(first, CHAT, [b"x" * 900])  # decided: nothing is held any more
    assert room.free == 1500
    first, third = exchange(Mode.FULL_DUPLEX, room), exchange(Mode.FULL_DUPLEX, room)
    assert [*first.head(CHAT, False), *first.body(b"x" * 900, False)] == []
    refused = sent(second, CHAT, [b"x" * 900])[-1]
    assert isinstance(refused, Answer) and refused.status == 503
    first.close()  # its client went away
    first.close()
    assert room.free == 1500
    assert decision(sent(third, CHAT, [BODY])) == WANTED


@given(
    st.sampled_from([Mode.STREAMED, Mode.FULL_DUPLEX]),
    st.lists(st.text("abc", max_size=3).map(str.encode) | st.just(b"x" * (MOST_IN_CHUNK + 1)), max_size=6),
    st.booleans(),
    st.sampled_from([CHAT, FILE]),
)
def test_every_byte_passes_once_and_in_order(
    mode: Mode, pieces: list[bytes], trailers: bool, request_: Request
) -> None:
    pieces = [b'{"x": "', *pieces, b'"}']
    one = exchange(mode, Room(10_000_000), 1_000_000)
    replies = sent(one, request_, pieces, trailers)
    heads = [reply for reply in replies if isinstance(reply, Head)]
    assert replies[0] is heads[0] and len(heads) == 1
    if mode is Mode.STREAMED:
        assert sum(isinstance(reply, Piece) for reply in replies) == len(pieces)
    else:
        chunks = [reply for reply in replies if isinstance(reply, Chunk)]
        assert b"".join(chunk.data for chunk in chunks) == b"".join(pieces)
        assert [chunk.end for chunk in chunks].count(True) == (not trailers)
        assert trailers or chunks[-1].end
        assert request_ is FILE or all(len(chunk.data) <= MOST_IN_CHUNK for chunk in chunks)
    assert (Trailers() in replies) is trailers
    assert one.room.free == 10_000_000


@pytest.mark.parametrize("mode", [Mode.BUFFERED, Mode.STREAMED, Mode.FULL_DUPLEX])
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(mode: Mode, vector: Vector) -> None:
    one = Exchange(SETTINGS, draw, mode, Room(1 << 30))
    wanted = decide(vector.request, SETTINGS, draw, vector.body)
    found = decision(sent(one, vector.request, [vector.body] if vector.body else []))
    assert found == (refusal(wanted.refusal, SETTINGS).status if wanted.refusal else wanted)
