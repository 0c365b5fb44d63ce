"""Read the command line of curl as a request. Pure, except for the given reader of files.

Source: https://curl.se/docs/manpage.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import SplitResult, urlsplit

from llmd_routes.errors import InputError
from llmd_routes.model.requests import ClientRequest
from llmd_routes_sidecar.request_head import Request

from .curl_options import split_options

# Returns the content of a file; `-` is stdin. Raises InputError if it cannot be read.
ReadFile = Callable[[str], bytes]

# Options that set the header of their name.
_HEADERS: Final = ("user-agent", "cookie", "referer")
_FORM: Final = "application/x-www-form-urlencoded"
_BOUNDARY: Final = "------------------------llmdroutes"
_PORTS: Final = {"http": 80, "https": 443}


@dataclass
class _Parts:
    """What the options give, in their order."""

    urls: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    data: list[bytes] = field(default_factory=list)
    form: list[bytes] = field(default_factory=list)
    method: str | None = None
    is_json: bool = False
    is_get: bool = False
    is_head: bool = False


def read_request(words: Sequence[str], read_file: ReadFile, *, assumes_json: bool = False) -> ClientRequest:
    """Return the request that curl sends for these words.

    With `assumes_json`, data that begins like a JSON object has the content type of JSON unless another one is given;
    curl sends that of a form. Raises InputError if the request is unclear.
    """
    options, urls = split_options(words)
    parts = _Parts(urls=urls)
    for name, value in options:
        _apply(parts, name, value, read_file)
    if len(parts.urls) != 1:
        given = "no URL" if not parts.urls else f"{len(parts.urls)} URLs: {' '.join(parts.urls)}"
        raise InputError(f"the request has {given}; pass one URL, such as http://HOST/v1/chat/completions")
    request = _request(parts, _url(parts.urls[0]))
    return _as_json(request) if assumes_json and request.content_type == "curl" else request


def _as_json(request: ClientRequest) -> ClientRequest:
    """Return a request whose body has the content type of JSON if it begins like an object."""
    if not request.body.lstrip().startswith(b"{"):
        return request
    headers = [(name, "application/json" if name == "content-type" else value) for name, value in request.head.headers]
    return replace(request, head=replace(request.head, headers=tuple(headers)), content_type="assumed")


def _apply(parts: _Parts, name: str, value: str, read_file: ReadFile) -> None:
    if name in _HEADERS:
        parts.headers.append((name, value))
    elif name in ("data", "data-raw", "data-binary", "json"):
        parts.is_json = parts.is_json or name == "json"
        parts.data.append(_data(name, value, read_file))
    elif name == "request":
        parts.method = value
    elif name == "header":
        _add_header(parts, value)
    elif name == "form":
        parts.form.append(_form_part(value, read_file))
    elif name == "url":
        parts.urls.append(value)
    elif name == "user":
        parts.headers.append(("authorization", "Basic ..."))
    parts.is_get = parts.is_get or name == "get"
    parts.is_head = parts.is_head or name == "head"


def _add_header(parts: _Parts, text: str) -> None:
    """Add a header; `NAME:` removes one that curl would send, `NAME;` sends one without a value."""
    name, colon, value = text.partition(":")
    if text.startswith("@") or not (colon or text.endswith(";")):
        raise InputError(f"-H {text}: invalid header; use 'NAME: VALUE'")
    if colon and not value.strip():
        parts.removed.add(name.strip().lower())
    else:
        parts.headers.append((name.strip().rstrip(";"), value.strip()))


def _data(name: str, value: str, read_file: ReadFile) -> bytes:
    """Return the data of an option; `@` reads a file, of which --data drops line ends."""
    if name == "data-raw" or not value.startswith("@"):
        return value.encode()
    content = read_file(value[1:])
    return content.translate(None, b"\r\n\0") if name == "data" else content


def _form_part(text: str, read_file: ReadFile) -> bytes:
    """Return a part of a form: `NAME=VALUE`, `NAME=@FILE` as a file, `NAME=<FILE` with its content."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"-F {text}: invalid form field; use NAME=VALUE or NAME=@FILE")
    file, kind = "", ""
    if value[:1] in ("@", "<"):
        path, _, more = value[1:].partition(";")
        content = read_file(path)
        if value[0] == "@":
            file = f'; filename="{posixpath.basename(path)}"'
            kind = f"Content-Type: {more.removeprefix('type=') or 'application/octet-stream'}\r\n"
    else:
        content = value.encode()
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{kind}\r\n'
    return head.encode() + content + b"\r\n"


def _url(text: str) -> SplitResult:
    try:
        url = urlsplit(text if re.match(r"[a-z]+://", text, re.IGNORECASE) else f"http://{text}")
        _ = url.port
    except ValueError:
        raise InputError(f"{text}: invalid URL; use a URL such as http://HOST/v1/chat/completions") from None
    if url.scheme not in _PORTS or not url.hostname or not text.isascii() or not text.isprintable() or " " in text:
        raise InputError(f"{text}: invalid URL; use a URL such as http://HOST/v1/chat/completions")
    return url


def _request(parts: _Parts, url: SplitResult) -> ClientRequest:
    joiner = b"" if parts.is_json else b"&"
    data = joiner.join(parts.data)
    query = "&".join(filter(None, [url.query, data.decode(errors="replace") if parts.is_get else ""]))
    body = b"" if parts.is_get else data
    if parts.form:
        body = b"".join(parts.form) + f"--{_BOUNDARY}--\r\n".encode()
    sends = bool(parts.form or (parts.data and not parts.is_get))
    method = parts.method or ("HEAD" if parts.is_head else "POST" if sends else "GET")
    names = {name.lower() for name, _ in parts.headers}
    added = [(name, value) for name, value in _usual(parts, body, sends) if name not in names | parts.removed]
    host = next((value for name, value in parts.headers if name.lower() == "host"), url.netloc.rpartition("@")[2])
    headers = tuple(pair for pair in (*added, *parts.headers) if pair[0].lower() != "host")
    path = f"{_without_dots(url.path) or '/'}{'?' if query else ''}{query}"
    return ClientRequest(
        url.scheme,
        url.hostname or "",
        url.port or _PORTS[url.scheme],
        Request(method, host, path, headers),
        body,
        "curl" if ("content-type", _FORM) in added else "given",
    )


def _usual(parts: _Parts, body: bytes, sends: bool) -> Iterator[tuple[str, str]]:
    """Yield the headers that curl sends by itself."""
    yield "accept", "application/json" if parts.is_json else "*/*"
    if sends:
        form = f"multipart/form-data; boundary={_BOUNDARY}" if parts.form else _FORM
        yield "content-type", "application/json" if parts.is_json else form
        yield "content-length", str(len(body))


def _without_dots(path: str) -> str:
    """Return a path without its segments `.` and `..`, as curl sends it. Spec: RFC 3986, section 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept) + ("/" if segments[-1] in (".", "..") else "")
