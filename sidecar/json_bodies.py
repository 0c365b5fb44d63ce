"""Finds members of the top-level object of a JSON text without building what else it holds. Pure, no I/O.

msgspec checks the whole text by the grammar of RFC 8259 and keeps the wanted members as they are written: 32 MiB of
`[[[]]],` take it no memory and a tenth of a second, where `json.loads` makes 1 GB of lists. What it takes otherwise
than `json.loads` is dealt with here: halves of surrogate pairs, and bytes that are not UTF-8 in what it skips.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, Final

# From the first byte to the one behind the last.
Span = tuple[int, int]
# Stands for a value that is neither text nor null.
OTHER: Final = False
# A wanted text that is written in more bytes is no name of anything (`owners.is_usable`); so it is not built either.
MOST_WRITTEN: Final = 64 * 1024
UNUSABLE: Final = "\ufffd"
# How far a text is searched for members to take away, so that none takes long: so many of them, so many members at all,
# and so many runs of brackets. What stands behind is left to the engine, which refuses it.
MOST_SPANS: Final = 1_000
MOST_MEMBERS: Final = 10_000
MOST_BRACKETS: Final = 1_000_000
# Places with escaped surrogates that are mended; a text of more that holds half a pair is not read.
MOST_MENDED: Final = 1_000_000
_CHUNK: Final = 64 * 1024
_SPACE: Final = re.compile(rb"[ \t\r\n]*+")
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_PLAIN: Final = re.compile(rb"[^,\]} \t\r\n]*+")
# Up to the next run of brackets that stands in no text.
_BRACKETS: Final = re.compile(rb'(?:[^"\[\]{}]*+"[^"\\]*+(?:\\.[^"\\]*+)*+")*+[^"\[\]{}]*+([\[{]++|[\]}]++)', re.DOTALL)
# Escapes of surrogates, pairs or halves of them, and not text about such escapes.
_SURROGATES: Final = re.compile(rb"(?<!\\)(?:\\\\)*+((?:\\u[dD][89a-fA-F][0-9a-fA-F]{2})++)")


def json_fields(body: bytes | bytearray, names: Collection[str]) -> dict[str, Any]:
    """Return members of the top-level object, the last of equal names; none of what is no JSON in UTF-8."""
    if not _is_utf8(body):
        return {}
    decode, missing = _decoder(tuple(names))
    try:
        found = decode(body)
    except ValueError:
        mended = _without_surrogates(body)
        try:
            found = decode(mended) if mended else None
        except (ValueError, RecursionError):
            found = None
    except RecursionError:
        found = None
    written: dict[str, Any] = {name: getattr(found, name, missing) for name in names}
    return {name: _value(memoryview(raw)) for name, raw in written.items() if raw is not missing}


@cache
def _decoder(names: tuple[str, ...]) -> tuple[Callable[[bytes | bytearray], Any], object]:
    """Return what decodes the members of these names only, and what stands for one that is not there."""
    # The generator imports the contract without what runs beside a gateway.
    import msgspec

    members = [(name, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for name in names]
    return msgspec.json.Decoder(msgspec.defstruct("Members", members)).decode, msgspec.UNSET


def _without_surrogates(body: bytes | bytearray) -> bytearray | None:
    """Return a text with another character for each escaped surrogate, as no name holds one; None when it has none."""
    mended: bytearray | None = None
    for number, found in enumerate(_SURROGATES.finditer(body)):
        if number >= MOST_MENDED:
            return None
        mended = bytearray(body) if mended is None else mended
        start, end = found.span(1)
        mended[start:end] = rb"\ufffd" * ((end - start) // 6)
    return mended


def _is_utf8(body: bytes | bytearray) -> bool:
    """Return whether bytes are UTF-8; no text is made of all of them at once."""
    if body.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(body), _CHUNK):
            decoder.decode(bytes(body[start : start + _CHUNK]), start + _CHUNK >= len(body))
    except UnicodeDecodeError:
        return False
    return True


def _value(raw: memoryview) -> Any:
    """Return what a member says, by how it is written."""
    if raw[0] != ord('"'):
        return None if bytes(raw[:5]) == b"null" else OTHER
    return json.loads(bytes(raw)) if len(raw) <= MOST_WRITTEN else UNUSABLE


def json_spans(body: bytes | bytearray, names: Collection[str]) -> tuple[Span, ...]:
    """Return where members of a JSON object stand, each with one of the commas beside it, in order.

    The text must be one of which `json_fields` returns some.
    """
    wanted = {name.encode() for name in names}
    longest = max(map(len, wanted)) * len(r"\u0000") + 2
    spans: list[Span] = []
    comma: int | None = None  # behind the last member that stays
    at = _skip(body, _skip(body, 0) + 1)
    for _ in range(MOST_MEMBERS):
        if body[at] != ord('"') or len(spans) >= MOST_SPANS:
            break
        colon = _end_of(_STRING, body, at)
        is_wanted = colon - at <= longest and json.loads(bytes(body[at:colon])).encode("utf-8", "replace") in wanted
        end_of_value = _end_of_value(body, _skip(body, _skip(body, colon) + 1))
        if end_of_value is None:
            break
        end = _skip(body, end_of_value)
        has_next = body[end] == ord(",")
        if is_wanted:
            spans.append((at, end + 1 if has_next else end))
            if not has_next and comma is not None:
                spans.append((comma, comma + 1))
        else:
            comma = end
        at = _skip(body, end + 1) if has_next else end
    return tuple(sorted(spans))


def _end_of_value(body: bytes | bytearray, at: int) -> int | None:
    """Return the place behind a value, None for one of too many brackets; these are counted, and nothing is built."""
    if body[at] == ord('"'):
        return _end_of(_STRING, body, at)
    if body[at] not in b"[{":
        return _end_of(_PLAIN, body, at)
    depth = 0
    for number, found in enumerate(_BRACKETS.finditer(body, at)):
        if number >= MOST_BRACKETS:
            return None
        start, end = found.span(1)
        if body[start] in b"[{":
            depth += end - start
        elif depth <= end - start:
            return start + depth
        else:
            depth -= end - start
    return None


def _skip(body: bytes | bytearray, at: int) -> int:
    """Return the next place without white space."""
    return _end_of(_SPACE, body, at)


def _end_of(pattern: re.Pattern[bytes], body: bytes | bytearray, at: int) -> int:
    found = pattern.match(body, at)
    return found.end() if found else at
