"""URLs and headers of commands that send requests."""

from __future__ import annotations

import pytest

from llmd_routes.cli.endpoints import parse_api, parse_header
from llmd_routes.errors import InputError


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("10.0.0.1", "http://10.0.0.1/v1"),
        ("gw:8080/", "http://gw:8080/v1"),
        ("http://gw/v1/", "http://gw/v1"),
        ("https://gw/v1/chat/completions", "https://gw/v1"),
        ("http://[::1]:80/team/v1/models", "http://[::1]:80/team/v1"),
        ("http://gw/team", "http://gw/team/v1"),
    ],
)
def test_an_api(url: str, api: str) -> None:
    assert parse_api(url) == api


@pytest.mark.parametrize(
    "url", ["", "ftp://gw", "http://", "http://gw:x", "http://gw:0", "http://gw?a=1", "http://u@gw"]
)
def test_an_invalid_url(url: str) -> None:
    with pytest.raises(InputError, match="invalid URL; use http://HOST"):
        parse_api(url)


def test_a_header() -> None:
    assert parse_header("-H", "Authorization:  Bearer a:b ") == ("Authorization", "Bearer a:b")


@pytest.mark.parametrize("text", ["", "secret", ": secret", "a: secret\r\nb: c", "ä: secret"])
def test_an_invalid_header_is_not_printed(text: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_header("-H", text)
    assert str(raised.value) == "-H: invalid header; use 'NAME: VALUE'"
