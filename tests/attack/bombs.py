"""Bodies that are small beside what a careless reader makes of them, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

JSON = "application/json"
FORM = "multipart/form-data; boundary=a"


class Bomb(NamedTuple):
    """A content type, what makes a body of about so many bytes, and the model that it names; None: it is refused."""

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


def _form(part: bytes, end: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: b"--a" + part * (size // len(part)) + end


FIELD = b'\r\ncontent-disposition: form-data; name="%b"%b\r\n\r\n%b\r\n--a'
MODEL = FIELD % (b"engine", b"", b"x") + FIELD % (b"model", b"", b"m") + b"--"


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
    "a model of many lists": Bomb(JSON, _model(b"[", b"[[]],", b"0]"), "invalid"),
    "a long model": Bomb(JSON, _model(b'"', "😀".encode(), b'"'), "invalid"),
    "a model of escapes": Bomb(JSON, _model(b'"', b"\\n", b'"'), "invalid"),
    "delimiters": Bomb(FORM, _form(b"\r\n--a"), None),
    "fields": Bomb(FORM, _form(FIELD % (b"model", b"", b"m"), b"--"), None),
    "heads of one line": Bomb(FORM, _form(FIELD % (b"x", b"\r\nx: " + b"y" * 16_000, b""), MODEL)),
    "heads of many lines": Bomb(FORM, _form(FIELD % (b"x", b"\r\nx:" * 4_000, b""), MODEL)),
    "heads of many parameters": Bomb(
        FORM, _form(FIELD % (b"x", b"".join(b";p%d=1" % number for number in range(1_600)), b""), MODEL)
    ),
    "heads of one parameter": Bomb(FORM, _form(FIELD % (b"x", b';x="' + b";" * 16_000 + b'"', b""), MODEL)),
    "parameters": Bomb(FORM, _form(b"\r\ncontent-disposition: form-data" + b'; "' * 5_000 + b"\r\n\r\nm\r\n--a"), None),
}
