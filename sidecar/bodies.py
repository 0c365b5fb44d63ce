"""Finds the fields of a request's body that decide where it goes. Pure, no I/O.

In: a content type, and the bytes of a body. Out: the values of the wanted fields by name, as far as they are there;
those of JSON as `json.loads` gives them, those of a form as text. Or where they stand, to be taken away.
Specs: RFC 8259 (JSON), RFC 7578 (multipart/form-data).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from email.message import Message
from typing import Any, Final

Fields = dict[str, Any]
Body = bytes | bytearray
Reader = Callable[[str, Body, Collection[str]], Fields]
# From the first byte to the one behind the last.
Span = tuple[int, int]
_JSON: Final = re.compile(r"application/json|[^\s/;,]+/[^\s/;,]*\+json")
_FORM: Final = "multipart/form-data"
_SPACE: Final = re.compile(r"[ \t\r\n]*")


def reader_of(content_type: str | None) -> Reader | None:
    """Return what reads bodies of a content type, None for those that are not read.

    A body without a content type is read as JSON, as clients forget it.
    """
    # Several headers arrive joined by commas: the first counts.
    kind = re.split("[;,]", content_type or "", maxsplit=1)[0].strip(" \t").lower()
    if not kind or _JSON.fullmatch(kind):
        return _json
    return _form if kind == _FORM else None


def spans(content_type: str | None, body: Body, names: Collection[str]) -> tuple[Span, ...]:
    """Return what is to be blank of a body, in order, so that it has no such fields, and yet is as long as it was.

    The body must be one that its reader reads. Of a form nothing is: who takes forms looks for the fields he knows.
    """
    return tuple(_members(body.decode("latin-1"), names)) if reader_of(content_type) is _json else ()


def _members(text: str, names: Collection[str]) -> list[Span]:
    """Return where members of a JSON object stand, each with one of the commas beside it; a character is a byte."""
    decoder = json.JSONDecoder(parse_int=_number, parse_float=_number)
    found: list[Span] = []
    comma = None  # behind the last member that stays
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] == '"':
        name, colon = decoder.raw_decode(text, at)
        _, end = decoder.raw_decode(text, _skip(text, _skip(text, colon) + 1))
        end = _skip(text, end)
        if name in names:
            found.append((at, end + 1 if text[end] == "," else end))
            if text[end] != "," and comma is not None:
                found.append((comma, comma + 1))
        else:
            comma = end
        at = _skip(text, end + 1) if text[end] == "," else end
    return sorted(found)


def _skip(text: str, at: int) -> int:
    """Return the next place without white space."""
    space = _SPACE.match(text, at)
    assert space
    return space.end()


def _json(content_type: str, body: Body, names: Collection[str]) -> Fields:
    """Return members of the top-level object, the last of equal names; none of what is no such text."""
    try:
        # Numbers are never looked at, and the longest of them would be refused.
        found = json.loads(body.decode(), parse_constant=_refuse, parse_int=_number, parse_float=_number)
    except (ValueError, RecursionError):
        return {}
    return {name: found[name] for name in names if name in found} if isinstance(found, dict) else {}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _number(digits: str) -> int:
    return 0


def _form(content_type: str, body: Body, names: Collection[str]) -> Fields:
    """Return fields of a form, the last of equal names; a part with a file name is no field."""
    boundary = _parameters("content-type", content_type).get_boundary()
    if not boundary:
        return {}
    found: Fields = {}
    # Every part but what is before the first and after the last delimiter.
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))[1:-1]
    for part in parts:
        head, separator, value = part.lstrip(b" \t").partition(b"\r\n\r\n")
        name = _field_name(head) if separator else None
        if name in names:
            found[str(name)] = value.decode("utf-8", "replace")
    return found


def _field_name(head: bytes) -> str | None:
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            said = _parameters("content-disposition", value.strip())
            is_file = said.get_param("filename", header="content-disposition") is not None
            field = said.get_param("name", header="content-disposition")
            return None if is_file or not isinstance(field, str) else field
    return None


def _parameters(header: str, value: str) -> Message:
    message = Message()
    message[header] = value.replace("\r", " ").replace("\n", " ")
    return message
