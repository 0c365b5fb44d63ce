"""What operators ask of the routes: requests in, a `Pair` or a refusal out. Pure, no I/O."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .routing import Pair, RefusedError

# The largest body of a request, in bytes.
LONGEST_BODY: Final = 16 * 1024
_NAMED: Final = frozenset(("model", "owned_by"))
_Text = Annotated[str, Field(min_length=1, max_length=1024)]


class _Addition(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    model: _Text
    owned_by: str | None = None
    service_name: _Text


def pair_of_body(body: bytes) -> Pair:
    """Return the route that a body adds. Raises RefusedError."""
    if len(body) > LONGEST_BODY:
        raise RefusedError(413, f"the body is longer than {LONGEST_BODY} bytes")
    try:
        asked = _Addition.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        fix = "send JSON with model, service_name and optionally owned_by"
        raise RefusedError(422, f"{place}: {first['msg']}; {fix}") from None
    # An empty text means no engine.
    return Pair(asked.model, asked.owned_by or None, asked.service_name)


def pair_of_query(query: str) -> Pair:
    """Return the route that a query removes. Raises RefusedError."""
    values = parse_qs(query, keep_blank_values=True)
    model, owned_by = values.get("model", [""]), values.get("owned_by", [""])
    if not values.keys() <= _NAMED or len(model) > 1 or len(owned_by) > 1 or not model[0]:
        raise RefusedError(422, "the query is invalid; send model and optionally owned_by, each once")
    return Pair(model[0], owned_by[0] or None)
