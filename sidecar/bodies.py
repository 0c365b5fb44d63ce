"""Extract the fields of a request body that select a route. Pure, no I/O.

In: a content type and the bytes of a body. Out: the wanted fields by name: a string, None for null, `OTHER` for any
other value; or their positions, so that they can be blanked. No other part of the body is decoded into objects, so the
memory that a body needs is bounded by its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, Final

from .form_bodies import form_fields
from .json_bodies import Span, json_fields, json_spans

Fields = dict[str, Any]
Body = bytes | bytearray
# Returns None if the body is not valid.
Reader = Callable[[str, Body, Collection[str]], Fields | None]
_JSON: Final = re.compile(r"application/json|[^\s/;,]+/[^\s/;,]*\+json")
_FORM: Final = "multipart/form-data"
# The length of content types that are remembered, in characters.
_USUAL: Final = 100


def reader_of(content_type: str | None) -> Reader | None:
    """Return the reader for a content type, None if bodies of this type are not read.

    A body without a content type is read as JSON, because clients often omit the header.
    """
    kind = _media_type(content_type)
    if not kind or _JSON.fullmatch(kind):
        return _json
    return form_fields if kind == _FORM else None


def is_form(content_type: str | None) -> bool:
    """Return whether a content type is that of a form."""
    return _media_type(content_type) == _FORM


def spans(content_type: str | None, body: Body, names: Collection[str]) -> tuple[Span, ...]:
    """Return the ranges to overwrite with spaces so that a body loses these fields but keeps its length, sorted.

    The reader must accept the body. Forms are never changed: servers that accept forms ignore unknown fields.
    """
    return json_spans(body, names) if reader_of(content_type) is _json else ()


def _media_type(content_type: str | None) -> str:
    kind = content_type or ""
    return _parsed(kind) if len(kind) <= _USUAL else _parsed.__wrapped__(kind)


# Clients choose the values, so long ones are not kept.
@lru_cache(maxsize=256)
def _parsed(content_type: str) -> str:
    # Envoy joins repeated headers with commas; the first value is used.
    return re.split("[;,]", content_type, maxsplit=1)[0].strip(" \t").lower()


def _json(content_type: str, body: Body, names: Collection[str]) -> Fields | None:
    return json_fields(body, names)
