"""Extract fields of a form (multipart/form-data) without copying the rest of it. Pure, no I/O.

Parsers of forms differ where a form deviates from what clients send, so anything else is invalid here: what is valid
has the same fields for every parser. Spec: RFC 7578, RFC 2046. Compared with: python-multipart, as starlette uses it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from .json_bodies import MOST_WRITTEN, UNUSABLE

# starlette accepts 1,000 fields and 1,000 files.
MOST_PARTS: Final = 2_000
# The maximum size of the header section of a part, in bytes.
MOST_IN_HEAD: Final = 16 * 1024
# A parameter with an encoded value (RFC 2231), which some parsers decode: `filename*=UTF-8''a`.
_EXTENDED: Final = "filename*"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_FIRST: Final = re.compile(r" *([^; ]*) *")
_PARAMETER: Final = re.compile(r"""; *([!#-'*+.^_`|~0-9A-Za-z-]++)=(?:"([^"]*+)"|([!#-:=?-[\]-~]++)) *""")
_HEADER: Final = re.compile(r"([!#-'*+.^_`|~0-9A-Za-z-]++):[ \t]*+(.*)", re.DOTALL)


def form_fields(content_type: str, body: bytes | bytearray, names: Collection[str]) -> dict[str, Any] | None:
    """Return the wanted fields of a form; the last of duplicates wins, and files are not fields.

    Return None for an invalid form, and for one that parsers could interpret in different ways.
    """
    boundary = _boundary(content_type)
    delimiter = b"\r\n--" + (boundary or "").encode("latin-1", "replace")
    if boundary is None or not body.startswith(delimiter[2:]):
        return None
    fields: dict[str, Any] = {}
    at = len(delimiter) - 2
    for _ in range(MOST_PARTS):
        if body[at : at + 2] == b"--":
            return fields if body[at + 2 : at + 5] in (b"", b"\r\n") else None
        head = body.find(b"\r\n\r\n", at, at + MOST_IN_HEAD)
        end = body.find(delimiter, head + 4)
        if body[at : at + 2] != b"\r\n" or head < 0 or end < 0:
            return None
        part = _part(body[at + 2 : head + 2].decode("latin-1"))
        if part is None:
            return None
        name, is_file = part
        if name in names and not is_file:
            is_long = end - head - 4 > MOST_WRITTEN
            fields[name] = UNUSABLE if is_long else body[head + 4 : end].decode("utf-8", "replace")
        at = end + len(delimiter)
    return None


def _boundary(content_type: str) -> str | None:
    """Return the boundary in a content type, None if it is missing or ambiguous."""
    kind = content_type.lstrip(" \t")
    said = _parameters(kind) if _first(kind) == "multipart/form-data" else None
    # The charset decodes the values of fields.
    if said is None or _EXTENDED in said or said.get("charset", "utf-8").lower() != "utf-8":
        return None
    boundary = said.get("boundary", "")
    return boundary if boundary and "\\" not in boundary else None


def _part(head: str) -> tuple[str, bool] | None:
    """Return the name of a part and whether it is a file, None if its headers are ambiguous."""
    disposition: str | None = None
    for line in head.split("\r\n")[:-1]:
        header = _HEADER.fullmatch(line)
        if header is None:
            return None
        if header[1].lower() == "content-disposition":
            if disposition is not None:
                return None
            disposition = header[2]
    said = _parameters(disposition) if disposition is not None and _first(disposition) == "form-data" else None
    name = None if said is None else said.get("name")
    if said is None or name is None or "\\" in name:
        return None
    is_file = "filename" in said
    # Some parsers treat a part with only the extended parameter as a field.
    return None if _EXTENDED in said and not is_file else (name, is_file)


def _first(value: str) -> str:
    first = _FIRST.match(value)
    return first[1].lower() if first else ""


def _parameters(value: str) -> Mapping[str, str] | None:
    """Return the parameters of a header's value by lower-case name, None if parsers could disagree.

    An escaped quote becomes an apostrophe; its backslash stays.
    """
    if _CONTROL.search(value) or '\\\\"' in value:
        return None
    value = value.replace('\\"', "\\'")
    first = _FIRST.match(value)
    at = first.end() if first else 0
    said: dict[str, str] = {}
    while at < len(value):
        parameter = _PARAMETER.match(value, at)
        name = parameter[1].lower() if parameter else ""
        if parameter is None or name in said or ("*" in name and name != _EXTENDED):
            return None
        said[name] = parameter[2] if parameter[2] is not None else parameter[3]
        at = parameter.end()
    return said
