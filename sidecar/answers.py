"""Answer requests in place of an engine: the models list, and errors. Pure, no I/O.

In: what is served, and what a request said. Out: an `Answer`. Whoever answers (the gateway itself, the aggregator) does
so, and is tested by the same vectors (`tests/vectors/answers.yaml`).
Source: the API reference of OpenAI, models and error codes; a lasting fault is never 408, 409, 429 or 5xx, which
clients of OpenAI repeat.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from .bodies import reader_of
from .extraction import Decision, Refusal, Settings, engine_of, is_below, is_ours, is_too_long, listed
from .owners import DEFAULT_OWNER, INVALID_MODEL, LONGEST, MODEL_HEADER, OWNER_HEADER
from .request_head import Request, content_type_of
from .served import Entry, Obj, Served, as_object

# The maximum number of pairs that an error lists.
MOST_NAMED: Final = 10
# The statuses of responses to requests that no route matches.
STATUSES: Final = (200, 400, 404, 405)
ALLOWED: Final = ("GET", "HEAD")
# Paths that operators request, below the first; all others are called with POST and GET.
ADMIN: Final = "/admin"
DISCOVER: Final = f"{ADMIN}/discover"
ROUTING: Final = f"{ADMIN}/api/routing"
# The message about a model that no route can match.
UNROUTABLE: Final = (
    f"The request names a model that cannot be served: a name is printable ASCII of at most {LONGEST} characters,"
    " without spaces at its ends and without two spaces in a row"
)
_INVALID: Final = "invalid_request_error"
_REFUSALS: Final = {
    Refusal.ENCODED: (415, "unsupported_content_encoding", "The body is encoded; send it without content-encoding."),
    Refusal.NO_JSON: (
        *(400, "invalid_json"),
        "The body is not a JSON object; send valid JSON in UTF-8, without a byte order mark.",
    ),
    Refusal.NO_FORM: (
        *(400, "invalid_form"),
        "The body is not a valid form; send one field or file for each part, and nothing after the last boundary.",
    ),
    Refusal.NO_UPGRADE: (400, "invalid_upgrade", "An upgrade must be a GET request."),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with its JSON body; status 405 is sent with the methods in `ALLOWED`."""

    status: int
    body: str


def answer(request: Request, decision: Decision, settings: Settings, served: Served) -> Answer | None:
    """Return the response to a request without a route; None if an engine serves it, or if it is for other routes."""
    path = request.path.partition("?")[0]
    inside = any(is_below(path, prefix) for prefix in settings.prefixes) and is_ours(request.host, settings.hosts)
    if not inside or decision.refusal:
        return None
    rest = listed(path, settings.prefixes)
    if rest is not None:
        return listing(served, request.method, rest, engine_of(request))
    if decision.model is None:
        return nameless(_unread_type(request))
    return misfit(served, decision.model, decision.owner or DEFAULT_OWNER)


def arrived(request: Request, settings: Settings, served: Served) -> Answer:
    """Return the response to a request that reaches the models server instead of an engine.

    The gateway set its headers for model and engine; its body is never read.
    """
    rest = listed(request.path.partition("?")[0], settings.prefixes)
    if rest is not None:
        return listing(served, request.method, rest, engine_of(request))
    if is_too_long(request, settings):
        return too_large(settings.body_limit)
    model = next(iter(request.values(MODEL_HEADER)), None)
    if model is None:
        return nameless(_unread_type(request))
    owner = next(iter(request.values(OWNER_HEADER)), DEFAULT_OWNER)
    return misfit(served, model, owner) or _soon(model)


def listing(served: Served, method: str, rest: str, owner: str | None) -> Answer:
    """Return the response to a request for the models list, or for one model of it.

    `rest` is the path after `/models` without the query, as sent: empty, or a slash and a model id. `owner` is the
    owner key of the requested engine; None for all.
    """
    if method not in ALLOWED:
        return error(405, f"{_shown(method)} is not allowed here; use GET.", None, "method_not_allowed")
    if rest in ("", "/"):
        return Answer(200, served.listed(owner))
    model = _unquoted(rest[1:])
    there = [entry for entry in served.shown(model) if owner in (None, entry.owned_by)]
    if not there:
        return unknown(served, model, owner)
    chosen = next((entry for entry in there if entry.is_default), there[0])
    return Answer(200, _json(as_object(chosen)))


def misfit(served: Served, model: str, owner: str) -> Answer | None:
    """Return why no engine serves a request with these model and owner headers; None if one does."""
    there = served.of(model)
    if any(owner == entry.owned_by or (owner == DEFAULT_OWNER and entry.is_default) for entry in there):
        return None
    return unknown(served, model, owner if owner != DEFAULT_OWNER else None)


def unknown(served: Served, model: str, owner: str | None) -> Answer:
    """Return the error that no engine serves a model, or not the requested one; the nearest alternatives are first."""
    is_known = bool(served.of(model))
    subject = f"The model '{_shown(model)}' is not served" + (f" by '{_shown(owner)}'" if owner is not None else "")
    subject = UNROUTABLE if model == INVALID_MODEL else subject
    named = [f"{entry.id} by {entry.owned_by}" for entry in _nearest(served.entries, model)]
    more = f", and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    message = f"{subject}. Served are: {', '.join(named[:MOST_NAMED])}{more}."
    return error(404, message, "owned_by" if is_known else "model", "model_not_found")


def nameless(content_type: str | None) -> Answer:
    """Return the error that a request contains no model, with the content type if that is why the body was not read."""
    why = "the model of a request is looked for in its body and in its query"
    if content_type is not None:
        kinds = "application/json or multipart/form-data"
        why = f"its body is {_shown(content_type)}, and is read only as {kinds}"
    return error(400, f"The request names no model: {why}.", "model", "missing_required_parameter")


def too_large(limit: int) -> Answer:
    """Return the error that a body exceeds `limit` bytes."""
    message = f"The body is larger than this gateway reads: {limit} bytes at most."
    return error(413, message, None, "request_too_large")


def refusal(reason: Refusal, settings: Settings) -> Answer:
    """Return the response to a rejected request."""
    if reason is Refusal.TOO_LARGE:
        return too_large(settings.body_limit)
    status, code, message = _REFUSALS[reason]
    return error(status, message, None, code)


def _unread_type(request: Request) -> str | None:
    """Return the content type of a request if bodies of this type are not read, else None."""
    kind = content_type_of(request)
    return kind if kind and reader_of(kind) is None else None


def _soon(model: str) -> Answer:
    """Return the response to a request whose model has no route yet; a retry may succeed."""
    return error(503, f"The model '{_shown(model)}' is served, and is not routed yet.", "model", "not_routed_yet")


def error(status: int, message: str, param: str | None, code: str) -> Answer:
    """Return an error response in the format of OpenAI's API."""
    return Answer(status, _json({"error": {"message": message, "type": _INVALID, "param": param, "code": code}}))


def _nearest(entries: Sequence[Entry], model: str) -> list[Entry]:
    """Return entries by similarity to an unserved name: the longest common prefix first.

    Case and the part before the last slash may differ.
    """
    asked = _names(model)
    likeness = {
        entry.id: 1 << 20 if entry.id == model else max(map(_alike, asked, _names(entry.id))) for entry in entries
    }
    return sorted(entries, key=lambda entry: (-likeness[entry.id], entry.id, entry.owned_by))


def _names(model: str) -> tuple[bytes, bytes]:
    name = model.encode("latin-1", "replace").lower()
    return name, name.rpartition(b"/")[2]


def _alike(one: bytes, other: bytes) -> int:
    """Return the length in bytes of the common prefix of two names."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return same


def _unquoted(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")


def _shown(text: str) -> str:
    """Return a client's text in a form that is safe in a message: printable ASCII, not too long."""
    return "".join(c if " " <= c <= "~" else "?" for c in text[:512])


def _json(value: Obj) -> str:
    return json.dumps(value)
