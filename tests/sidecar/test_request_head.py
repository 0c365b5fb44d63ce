"""What the head of a request says about its body."""

from __future__ import annotations

import pytest

from llmd_routes_sidecar.request_head import Request, content_type_of, declared_length, is_encoded, is_upgrade


def head(*headers: tuple[str, str]) -> Request:
    return Request("POST", "h", "/", headers)


def test_the_first_content_type_counts() -> None:
    assert content_type_of(head()) is None
    assert content_type_of(head(("Content-Type", "a/b"), ("content-type", "c/d"))) == "a/b"


@pytest.mark.parametrize(
    ("codings", "encoded"),
    [
        ((), False),
        (("",), False),
        (("Identity, ,identity",), False),
        (("identity", "gzip"), True),
        (("x identity",), True),
    ],
)
def test_a_coding_other_than_identity_encodes(codings: tuple[str, ...], encoded: bool) -> None:
    assert is_encoded(head(*(("content-encoding", coding) for coding in codings))) is encoded


@pytest.mark.parametrize(
    ("connection", "upgrade"),
    [(None, False), ("keep-alive", False), ("upgraded", False), ("Upgrade", True), ("keep-alive,\tupgrade ", True)],
)
def test_an_upgrade_is_a_connection_option(connection: str | None, upgrade: bool) -> None:
    options = (("connection", connection),) if connection is not None else ()
    assert is_upgrade(head(("upgrade", "websocket"), *options)) is upgrade
    assert not is_upgrade(head(*options))


@pytest.mark.parametrize(("declared", "length"), [("10", 10), ("x", 0), ("-1", 0), ("1" * 19, 0), ("\u0661", 0)])
def test_a_length_is_a_number(declared: str, length: int) -> None:
    assert declared_length(head(("content-length", declared))) == length
    assert declared_length(head()) == 0
