"""Requests that are almost what clients send, by chance: bodies in which parsers could find different models."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import NamedTuple

QUERY = "/v1/x?model=query"
_TYPES = ("application/json", "application/json; charset=utf-16", "application/vnd.api+json", "", "text/plain")
_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig")
_JSON_WORDS = (
    *(b'"model"', b'"model": "other"', b'"m\\u006fdel": "other"', b'"MODEL": "other"', b'{"model": "other"}', b"null"),
    *(
        b'"mod\\u0065l\\u0000": "x"',
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"\\",
        b'\\"',
        b"\\u0022",
        b"\\ud800",
        b'"',
        b"{",
        b"}",
    ),
    *(
        b"[",
        b"]",
        b",",
        b":",
        b"/*",
        b"*/",
        b"//",
        b"\n",
        b"\t",
        b"\0",
        b"\x1f",
        b"\x7f",
        b" ",
        b"\xef\xbb\xbf",
        b"\xff",
    ),
    *(b"\xed\xa0\x80", b"\xc0\x80", b"\xc2\xa0", "\u2028".encode(), "é".encode(), b'{"a": "', b"[" * 40, b"'", b"1"),
)
_FORM_WORDS = (
    *(
        b"--b",
        b"--b--",
        b"\r\n--b\r\n",
        b"\r\n--b--\r\n",
        b"\r\n--b--",
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
        b"-",
        b"--",
    ),
    *(
        b'; name="model"',
        b"; name=model",
        b"; name*=utf-8''model",
        b'; filename="f"',
        b"; filename*=utf-8''f",
        b'"',
        b"\\",
    ),
    *(
        b'\\"',
        b'\\\\"',
        b";",
        b"=",
        b" ",
        b"\t",
        b"\0",
        b"\xa0",
        b"\x85",
        b"<",
        b">",
        b"*",
        b"*0",
        b"charset=",
        b"form-data",
    ),
    *(
        b'Content-Disposition: form-data; name="model"\r\n',
        b'\r\nContent-Disposition: form-data; name="model"\r\n\r\nother',
    ),
    *(b"Content-Transfer-Encoding: base64\r\n", b"x: y\r\n", b": ", b"_charset_", "é".encode(), b"x"),
)
_PARAMETERS = (
    *(
        b"; boundary=b",
        b"; boundary=c",
        b'; boundary="b"',
        b"; boundary*=utf-8''c",
        b"; charset=utf-8",
        b"; charset=utf-16",
    ),
    *(b";", b" ", b"\t", b'"', b"\\", b"=", b"<", b">", b"\xa0", b"\x85", b",", b"b", b"B"),
)


class Mutant(NamedTuple):
    """A content type and a body."""

    content_type: str
    body: bytes


def json_mutants(count: int, seed: int) -> Iterator[Mutant]:
    """Yield bodies that are JSON, or nearly so, or in another encoding."""
    chance = random.Random(seed)
    sound = (
        json.dumps({"messages": [{"role": "user", "content": 'hé "\\\n'}], "model": "org/m", "x": {"model": "inner"}}),
        json.dumps({"model": "org/m", "owned_by": "vllm", "prompt": ["a", 1.5, None, True, {}]}, ensure_ascii=False),
        ' {"x" : [ ] , "model" : "org/m" } ',
    )
    for _ in range(count):
        body = bytearray(chance.choice(sound).encode())
        _mutate(chance, body, _JSON_WORDS, chance.randint(0, 3))
        text = bytes(body)
        if chance.random() < 0.1:
            text = text.decode("utf-8", "replace").encode(chance.choice(_ENCODINGS))
        yield Mutant(chance.choice(_TYPES), text)


def form_mutants(count: int, seed: int) -> Iterator[Mutant]:
    """Yield bodies that are forms, or nearly so."""
    chance = random.Random(seed)
    part = b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    fields = [
        (b"model", b"", b"org/m"),
        (b"file", b'; filename="a.wav"\r\nContent-Type: audio/wav', b"RIFF"),
        (b"x", b"", b""),
    ]
    for _ in range(count):
        chosen = chance.choices(fields, k=chance.randint(1, 3))
        body = bytearray(b"".join(part % field for field in chosen) + b"--b--\r\n")
        _mutate(chance, body, _FORM_WORDS, chance.randint(0, 2))
        kind = bytearray(chance.choice((b"multipart/form-data; boundary=b", b'multipart/form-data; boundary="b"')))
        _mutate(chance, kind, _PARAMETERS, chance.choice((0, 0, 0, 1, 2)), 19)
        yield Mutant(kind.decode("latin-1"), bytes(body))


def _mutate(chance: random.Random, text: bytearray, words: tuple[bytes, ...], times: int, start: int = 0) -> None:
    """Replace or insert words in place, behind `start`."""
    for _ in range(times):
        at = chance.randrange(start, len(text) + 1)
        text[at : at + chance.choice((0, 0, 0, 1, 1, 2, 8))] = chance.choice(words)
