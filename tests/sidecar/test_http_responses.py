"""The bytes of responses."""

from __future__ import annotations

import pytest

from llmd_routes_sidecar.ext_authz import Verdict
from llmd_routes_sidecar.http_responses import encoded, rejection

VERDICT = Verdict(400, (("content-type", "application/json"),), '{"a": "\u00e9"}', "refused")
HEAD = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 11\r\n"


@pytest.mark.parametrize(
    ("keeps_alive", "is_head", "wanted"),
    [
        (True, False, HEAD + b'\r\n{"a": "\xc3\xa9"}'),
        (False, False, HEAD + b'connection: close\r\n\r\n{"a": "\xc3\xa9"}'),
        (True, True, HEAD + b"\r\n"),
    ],
)
def test_a_response(keeps_alive: bool, is_head: bool, wanted: bytes) -> None:
    assert encoded(VERDICT, keeps_alive, is_head) == wanted


def test_a_rejection_ends_the_connection() -> None:
    wanted = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    assert rejection(431) == wanted
