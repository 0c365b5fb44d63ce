"""What engines see of bodies: the table on the pure module, and that any object loses its engines and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from llmd_routes_sidecar.exchange import Chunk, Exchange, Mode, Piece, Room
from llmd_routes_sidecar.extraction import ENGINE_FIELDS, Settings, decide
from llmd_routes_sidecar.request_head import Request

from .objects import objects
from .stripping import STRIPPED, STRIPPING, Stripped

CHAT = Request("POST", "llm.example.com", "/v1/chat/completions", (("content-type", "application/json"),))


def stripped(request: Request, body: bytes) -> bytes:
    changed = bytearray(body)
    for start, end in decide(request, STRIPPING, min, body).blanks:
        changed[start:end] = b" " * (end - start)
    return bytes(changed)


@pytest.mark.parametrize("row", STRIPPED, ids=lambda row: row.name)
def test_the_table(row: Stripped) -> None:
    assert stripped(row.request, row.body) == row.out
    assert decide(row.request, Settings(), min, row.body).blanks == ()


def pairs(body: bytes) -> list[tuple[str, Any]]:
    """Return the members of an object in their order, with those of equal names."""
    found: list[tuple[str, Any]] = json.loads(body, object_pairs_hook=list)
    return found


@given(objects())
def test_any_object_loses_its_engines_and_nothing_else(body: bytes) -> None:
    changed = stripped(CHAT, body)
    assert len(changed) == len(body)
    assert pairs(changed) == [pair for pair in pairs(body) if pair[0] not in ENGINE_FIELDS]


@pytest.mark.parametrize("mode", [Mode.BUFFERED, Mode.STREAMED, Mode.FULL_DUPLEX])
@pytest.mark.parametrize("row", STRIPPED, ids=lambda row: row.name)
def test_in_pieces(mode: Mode, row: Stripped) -> None:
    one = Exchange(STRIPPING, min, mode, Room(1 << 20))
    pieces = [row.body] if mode is Mode.BUFFERED else [row.body[:20], b"", row.body[20:]]
    replies = [*one.head(row.request, False)]
    for number, piece in enumerate(pieces, start=1):
        replies += one.body(piece, number == len(pieces))
    if mode is Mode.FULL_DUPLEX:
        found = [reply.data for reply in replies if isinstance(reply, Chunk)]
    else:
        told = [reply for reply in replies if isinstance(reply, Piece)]
        found = [piece if reply.data is None else reply.data for reply, piece in zip(told, pieces, strict=True)]
        assert list(map(len, found)) == list(map(len, pieces))
        assert all((reply.data is None) is (row.out == row.body) for reply in told)
    assert b"".join(found) == row.out
