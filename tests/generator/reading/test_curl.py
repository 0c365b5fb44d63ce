"""A command line of curl is read as the request that curl sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmd_routes.errors import InputError
from llmd_routes.model.requests import ClientRequest
from llmd_routes.reading.curl import read_request
from llmd_routes_sidecar.request_head import content_type_of

FILES = {"body.json": b'{"a":\r\n 1}\n', "-": b"stdin", "dir/a.wav": b"\0RIFF"}


def read(*words: str, assumes_json: bool = False) -> ClientRequest:
    return read_request(words, FILES.__getitem__, assumes_json=assumes_json)


@pytest.mark.parametrize(
    ("url", "address", "port", "host", "path"),
    [
        ("http://gw/v1", "gw", 80, "gw", "/v1"),
        ("gw:8080", "gw", 8080, "gw:8080", "/"),
        ("HTTPS://Gw/a?b=c#d", "gw", 443, "Gw", "/a?b=c"),
        ("http://u:p@[::1]:90/a/../b/./c/..", "::1", 90, "[::1]:90", "/b/"),
        ("http://gw/../a", "gw", 80, "gw", "/a"),
    ],
)
def test_urls(url: str, address: str, port: int, host: str, path: str) -> None:
    found = read(url)
    assert (found.address, found.port, found.head.host, found.head.path) == (address, port, host, path)
    assert found.head.method == "GET"


@pytest.mark.parametrize(
    "url", ["ftp://gw/", "http://", "http://gw:x/", "http://gw:99999/", "http://gw/ä", "http://g w/"]
)
def test_invalid_urls_are_rejected(url: str) -> None:
    with pytest.raises(InputError, match="invalid URL"):
        read(url)


def test_the_host_header_replaces_that_of_the_url() -> None:
    found = read("http://10.0.0.1/", "-H", "Host: llm.example", "-H", "X-A: b", "-H", "Empty;", "-H", "Accept:")
    assert (found.address, found.head.host) == ("10.0.0.1", "llm.example")
    assert found.head.headers == (("X-A", "b"), ("Empty", ""))


@pytest.mark.parametrize(
    ("words", "method", "body", "kind"),
    [
        (["-d", "a", "--data", "b"], "POST", b"a&b", "application/x-www-form-urlencoded"),
        (["-d", "@body.json"], "POST", b'{"a": 1}', "application/x-www-form-urlencoded"),
        (["--data-binary", "@body.json"], "POST", b'{"a":\r\n 1}\n', "application/x-www-form-urlencoded"),
        (["--data-raw", "@body.json"], "POST", b"@body.json", "application/x-www-form-urlencoded"),
        (["--json", '{"a":1}'], "POST", b'{"a":1}', "application/json"),
        (["-d", "@-", "-H", "content-type: text/plain"], "POST", b"stdin", "text/plain"),
        (["-X", "PUT", "-d", ""], "PUT", b"", "application/x-www-form-urlencoded"),
        (["-sSI"], "HEAD", b"", None),
        (["-sSXDELETE", "--max-time", "3", "-o", "/dev/null"], "DELETE", b"", None),
    ],
)
def test_bodies(words: list[str], method: str, body: bytes, kind: str | None) -> None:
    found = read("http://gw/", *words)
    assert (found.head.method, found.body, content_type_of(found.head)) == (method, body, kind)
    assert found.content_type == ("curl" if kind and "urlencoded" in kind else "given")
    assert found.head.values("content-length") == ([str(len(body))] if kind else ())


def test_a_json_object_is_assumed_to_be_json_only_if_asked() -> None:
    words = ("http://gw/", "-d", ' {"a": 1}')
    assert content_type_of(read(*words).head) == "application/x-www-form-urlencoded"
    assumed = read(*words, assumes_json=True)
    assert (content_type_of(assumed.head), assumed.content_type) == ("application/json", "assumed")
    assert read("http://gw/", "-d", "a=1", assumes_json=True).content_type == "curl"
    assert read(*words, "-H", "Content-Type: text/plain", assumes_json=True).content_type == "given"


def test_get_puts_data_into_the_query() -> None:
    found = read("http://gw/?a=1", "-G", "-d", "b=2", "--data", "c=3")
    assert (found.head.method, found.head.path, found.body) == ("GET", "/?a=1&b=2&c=3", b"")
    assert content_type_of(found.head) is None


def test_forms_are_written_as_parts() -> None:
    found = read("http://gw/", "-F", "model=m", "-F", "file=@dir/a.wav;type=audio/wav", "-F", "text=<body.json")
    kind = content_type_of(found.head) or ""
    boundary = kind.partition("boundary=")[2].encode()
    first, second, third = (part.partition(b"\r\n\r\n") for part in found.body.split(b"--" + boundary + b"\r\n")[1:])
    assert first[0] == b'Content-Disposition: form-data; name="model"'
    assert first[2] == b"m\r\n"
    assert b'name="file"; filename="a.wav"\r\nContent-Type: audio/wav' in second[0]
    assert third[2] == FILES["body.json"] + b"\r\n--" + boundary + b"--\r\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no URL"),
        (["http://a", "http://b"], "2 URLs"),
        (["http://a", "--nonsense"], "option --nonsense not recognized"),
        (["http://a", "-H"], "option -H requires argument"),
        (["http://a", "-H", "bad"], "invalid header"),
        (["http://a", "-H", "@file"], "invalid header"),
        (["http://a", "-F", "bad"], "invalid form field"),
        (["http://a", "-K", "file"], "not supported"),
    ],
)
def test_unclear_requests_are_rejected(words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(*words)


def test_credentials_are_not_kept() -> None:
    found = read("http://gw/", "-u", "me:secret", "-A", "agent", "-b", "a=b", "-e", "http://x")
    assert "secret" not in str(found)
    assert found.head.values("user-agent") == ["agent"]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        read("http://gw/", "-d", f"@{tmp_path}")
