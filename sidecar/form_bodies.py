"""Finds fields of a form (multipart/form-data) without building what else it holds. Pure, no I/O.

Spec: RFC 7578. The limits are those of the parsers that engines use, or above them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from email.message import Message
from typing import Any, Final

from .json_bodies import MOST_WRITTEN, UNUSABLE

# starlette takes 1,000 fields and as many files.
MOST_PARTS: Final = 2_000
_LONGEST_HEAD: Final = 16 * 1024
# More of a header is not looked at: what reads its parameters takes time by the square of its length, or worse.
_LONGEST_TYPE: Final = 1024
_LONGEST_DISPOSITION: Final = 512


def form_fields(content_type: str, body: bytes | bytearray, names: Collection[str]) -> dict[str, Any]:
    """Return fields of a form as text, the last of equal names; a part with a file name is no field.

    A form of more parts than any engine takes has none.
    """
    boundary = _parameters("content-type", content_type).get_boundary() if len(content_type) <= _LONGEST_TYPE else None
    if not boundary:
        return {}
    fields: dict[str, Any] = {}
    for number, (start, end) in enumerate(_parts(body, b"\r\n--" + boundary.encode("latin-1", "replace"))):
        if number >= MOST_PARTS:
            return {}
        head = body.find(b"\r\n\r\n", start, min(end, start + _LONGEST_HEAD))
        name = _field_name(body[start:head].lstrip(b" \t")) if head >= 0 else None
        if name in names:
            length = end - head - 4
            text = body[head + 4 : end].decode("utf-8", "replace") if length <= MOST_WRITTEN else UNUSABLE
            fields[str(name)] = text
    return fields


def _parts(body: bytes | bytearray, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Yield where parts begin and end: all but what is before the first and after the last delimiter."""
    if body.startswith(delimiter[2:]):
        start = len(delimiter) - 2
    else:
        first = body.find(delimiter)
        if first < 0:
            return
        start = first + len(delimiter)
    while (end := body.find(delimiter, start)) >= 0:
        yield start, end
        start = end + len(delimiter)


def _field_name(head: bytes | bytearray) -> str | None:
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition" and len(value) <= _LONGEST_DISPOSITION:
            said = _parameters("content-disposition", value.strip())
            is_file = said.get_param("filename", header="content-disposition") is not None
            field = said.get_param("name", header="content-disposition")
            return None if is_file or not isinstance(field, str) else field
    return None


def _parameters(header: str, value: str) -> Message:
    message = Message()
    message[header] = value.replace("\r", " ").replace("\n", " ")
    return message
