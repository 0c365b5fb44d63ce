"""Bodies that are small beside what a careless reader makes of them, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

JSON = "application/json"
FORM = "multipart/form-data; boundary=a"


class Bomb(NamedTuple):
    """A content type, what makes a body of about so many bytes, and the model that it names."""

    kind: str
    made: Callable[[int], bytes]
    model: str | None = "m"


def _repeated(before: bytes, unit: bytes, after: bytes) -> Callable[[int], bytes]:
    """Return what makes an object of an engine, of a unit again and again, and of a model."""
    return lambda size: b'{"engine":"x",' + before + unit * (size // len(unit)) + after + b'"model":"m"}'


def _in_a_list(unit: bytes) -> Callable[[int], bytes]:
    return _repeated(b'"x":[', unit, b"0],")


def _in_a_text(unit: bytes, before: bytes = b"") -> Callable[[int], bytes]:
    return _repeated(b'"x":"' + before, unit, b'",')


def _members(size: int) -> bytes:
    return b'{"engine":"x",' + b"".join(b'"%07x":0,' % number for number in range(size // 12)) + b'"model":"m"}'


def _model(begin: bytes, unit: bytes, end: bytes) -> Callable[[int], bytes]:
    return lambda size: b'{"engine":"x","model":' + begin + unit * (size // len(unit)) + end + b"}"


def _form(part: bytes) -> Callable[[int], bytes]:
    return lambda size: b"--a" + part * (size // len(part))


BOMBS = {
    "lists": Bomb(JSON, _in_a_list(b"[[[]]],")),
    "objects": Bomb(JSON, _in_a_list(b"{},")),
    "nested objects": Bomb(JSON, _in_a_list(b'{"a":{"b":[]}},')),
    "texts": Bomb(JSON, _in_a_list(b'"",')),
    "texts with escapes": Bomb(JSON, _in_a_list(b'"\\n\\n",')),
    "numbers": Bomb(JSON, _in_a_list(b"1,")),
    "members": Bomb(JSON, _members),
    "an engine again and again": Bomb(JSON, _repeated(b"", b'"engine":"x",', b"")),
    "an engine between others": Bomb(JSON, _repeated(b"", b'"engine":"x","a":0,', b"")),
    "halves of surrogate pairs": Bomb(JSON, _in_a_text(b"\\ud800")),
    "backslashes behind a half": Bomb(JSON, _in_a_text(b"\\\\", b"\\ud800")),
    "wide characters": Bomb(JSON, _in_a_text("😀".encode())),
    "a model of many lists": Bomb(JSON, _model(b"[", b"[[]],", b"0]"), None),
    "a long model": Bomb(JSON, _model(b'"', "😀".encode(), b'"'), None),
    "a model of escapes": Bomb(JSON, _model(b'"', b"\\n", b'"'), None),
    "delimiters": Bomb(FORM, _form(b"\r\n--a"), None),
    "fields": Bomb(FORM, _form(b'\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--a'), None),
    "parameters": Bomb(FORM, _form(b"\r\ncontent-disposition: form-data" + b'; "' * 5_000 + b"\r\n\r\nm\r\n--a"), None),
}
