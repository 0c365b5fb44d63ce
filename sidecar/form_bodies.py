"""Extracts fields of a form (multipart/form-data) without copying the rest of it. Pure, no I/O.

Spec: RFC 7578. No limit is lower than that of the parsers that engines use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from email.message import Message
from typing import Any, Final

from .json_bodies import MOST_WRITTEN, UNUSABLE

# starlette accepts 1,000 fields and 1,000 files.
MOST_PARTS: Final = 2_000
_LONGEST_HEAD: Final = 16 * 1024
# Forms and parts with longer header values are ignored: the parser of their parameters needs quadratic time.
_LONGEST_TYPE: Final = 1024
_LONGEST_DISPOSITION: Final = 512


def form_fields(content_type: str, body: bytes | bytearray, names: Collection[str]) -> dict[str, Any]:
    """Return the wanted fields of a form; the last of duplicates wins, and files are not fields.

    Forms with more parts than any engine accepts have none.
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
    """Yield the start and end of each part between two delimiters."""
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
        if name.strip().lower() == "content-disposition":
            if len(value) > _LONGEST_DISPOSITION:
                return None
            said = _parameters("content-disposition", value.strip())
            is_file = said.get_param("filename", header="content-disposition") is not None
            field = said.get_param("name", header="content-disposition")
            return None if is_file or not isinstance(field, str) else field
    return None


def _parameters(header: str, value: str) -> Message:
    message = Message()
    message[header] = value.replace("\r", " ").replace("\n", " ")
    return message
