"""A command of curl is split as a shell does."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.errors import InputError
from llmd_routes.reading.curl_options import split_options, words_of


@given(st.lists(st.text(max_size=8)))
def test_quoted_words_are_read_back(words: list[str]) -> None:
    # The quotes of ANSI-C strings would be a form of their own.
    words = [word.replace("$", "").replace("\\\n", "").replace("\\\r\n", "") for word in words]
    assert words_of(f"curl {shlex.join(words)}") == words


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("$ curl -s \\\n  http://gw", ["-s", "http://gw"]),
        ("/usr/bin/curl http://gw", ["http://gw"]),
        ("http://gw -s", ["http://gw", "-s"]),
        ("curl $'a\\n\\'\\x41\\u00e9' b", ["a\n'A\u00e9", "b"]),
        ("curl \\\r\n a", ["a"]),
    ],
)
def test_commands_as_people_paste_them(command: str, words: list[str]) -> None:
    assert words_of(command) == words


def test_open_quotes_are_an_error() -> None:
    with pytest.raises(InputError, match="no closing quotation"):
        words_of("curl 'http://gw")


def test_options_have_their_long_names() -> None:
    options, urls = split_options(["-sXPOST", "a", "-d", "b", "--compressed", "c", "--data-ascii", "d"])
    assert options == [("s", ""), ("request", "POST"), ("data", "b"), ("compressed", ""), ("data", "d")]
    assert urls == ["a", "c"]
