"""Finds the fields of a request's body that decide where it goes. Pure, no I/O.

In: a content type, and the bytes of a body. Out: the values of the wanted fields by name, as far as they are there: a
text, None for null, `OTHER` for anything else. Or where they stand, to be taken away. Nothing that is not wanted is
built, so that no body takes much more memory than it is long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any, Final

from .form_bodies import form_fields
from .json_bodies import Span, json_fields, json_spans

Fields = dict[str, Any]
Body = bytes | bytearray
Reader = Callable[[str, Body, Collection[str]], Fields]
_JSON: Final = re.compile(r"application/json|[^\s/;,]+/[^\s/;,]*\+json")
_FORM: Final = "multipart/form-data"


def reader_of(content_type: str | None) -> Reader | None:
    """Return what reads bodies of a content type, None for those that are not read.

    A body without a content type is read as JSON, as clients forget it.
    """
    # Several headers arrive joined by commas: the first counts.
    kind = re.split("[;,]", content_type or "", maxsplit=1)[0].strip(" \t").lower()
    if not kind or _JSON.fullmatch(kind):
        return _json
    return form_fields if kind == _FORM else None


def spans(content_type: str | None, body: Body, names: Collection[str]) -> tuple[Span, ...]:
    """Return what is to be blank of a body, in order, so that it has no such fields, and yet is as long as it was.

    The body must be one that its reader reads. Of a form nothing is: who takes forms looks for the fields he knows.
    """
    return json_spans(body, names) if reader_of(content_type) is _json else ()


def _json(content_type: str, body: Body, names: Collection[str]) -> Fields:
    return json_fields(body, names)
