"""Apply what reads the body of a request: the headers that routes match, and where they come from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote_plus

from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.explanation import Outcome, SetHeader
from llmd_routes.model.requests import ClientRequest
from llmd_routes_sidecar.answers import refusal
from llmd_routes_sidecar.bodies import is_form, reader_of
from llmd_routes_sidecar.extraction import ENGINE_FIELDS, READ_HEADERS, Decision, Refusal, Settings, decide
from llmd_routes_sidecar.json_bodies import OTHER, json_fields
from llmd_routes_sidecar.owners import DEFAULT_OWNER, INVALID_OWNER, MODEL_HEADER, OWNER_HEADER, RESERVED, normalise
from llmd_routes_sidecar.request_head import Request, content_type_of

_FIELDS: Final = ("model", *ENGINE_FIELDS)
_ENGINE_HEADERS: Final = tuple(name for name in READ_HEADERS if name not in ("content-type", "content-encoding"))


@dataclass(frozen=True, slots=True)
class Read:
    """A request after its body was read: its head as routes see it, and the headers that were set.

    `decision` is None if no settings of llmd-routes apply, `outcome` is set if the request ends here. `doubts` are what
    is not known.
    """

    head: Request
    headers: tuple[SetHeader, ...] = ()
    decision: Decision | None = None
    outcome: Outcome | None = None
    doubts: tuple[str, ...] = ()


def read_body(request: ClientRequest, reading: BodyReading) -> Read:
    """Return a request as it is after a policy made the Gateway read it."""
    if reading.settings is not None:
        return _by_contract(request, reading, reading.settings)
    if reading.copies is not None:
        return _copied(request, reading.copies)
    doubt = f"{reading.policy} may set headers; its settings are not in the input"
    return Read(request.head, doubts=(doubt,))


def _by_contract(request: ClientRequest, reading: BodyReading, settings: Settings) -> Read:
    drawn: list[Mapping[str, int]] = []

    def draw(weights: Mapping[str, int]) -> str:
        drawn.append(weights)
        return max(weights, key=lambda owner: (weights[owner], owner))

    decision = _decide(request, reading, settings, draw)
    if decision.refusal is not None:
        return _refused(request, reading, settings, decision)
    model = SetHeader(MODEL_HEADER, decision.model, _source_of_model(request, reading, decision))
    is_told = not decision.keeps_owner or bool(request.head.values(MODEL_HEADER))
    headers = (*((model,) if is_told else ()), *_owner_header(request, reading, decision, drawn))
    head = with_headers(request.head, {each.name: each.value for each in headers}, decision.path)
    return Read(head, headers, decision, doubts=tuple(_drawn(weights) for weights in drawn))


def _decide(request: ClientRequest, reading: BodyReading, settings: Settings, draw: Any) -> Decision:
    """Return the decision; a policy that rejects nothing, or reads no forms, finds no model instead."""
    body: bytes | None = request.body
    is_unread = is_form(content_type_of(request.head)) and not reading.reads_forms
    if is_unread or (not reading.rejects and len(request.body) > settings.body_limit):
        body = None
    decision = decide(request.head, settings, draw, body, has_body=bool(request.body))
    if decision.refusal is None or reading.rejects:
        return decision
    return decision._replace(refusal=None)


def _refused(request: ClientRequest, reading: BodyReading, settings: Settings, decision: Decision) -> Read:
    assert decision.refusal is not None
    answer = refusal(decision.refusal, settings)
    limit = settings.body_limit
    reason, fix = {
        Refusal.TOO_LARGE: (
            f"the body has more than {limit} bytes",
            "send a smaller body, or pass a larger --buffer-limit to generate",
        ),
        Refusal.ENCODED: ("the body has a content-encoding", "send the body without content-encoding"),
        Refusal.NO_JSON: ("the body is not a JSON object", "send a JSON object"),
        Refusal.NO_FORM: ("the body is not a valid form", "send a valid form"),
        Refusal.NO_UPGRADE: ("an upgrade must be a GET request", "use GET"),
    }[decision.refusal]
    outcome = Outcome(answer.status, str(reading.policy), reason, fix, answer.body)
    return Read(request.head, decision=decision, outcome=outcome)


def _source_of_model(request: ClientRequest, reading: BodyReading, decision: Decision) -> str:
    fields = _fields(request, reading)
    if decision.keeps_owner:
        return "the gateway removes it, and reads nothing here"
    if fields.get("model") not in (None, ""):
        return "field model of the body"
    if decision.model is not None:
        return "parameter model of the query"
    kind = content_type_of(request.head)
    if request.body and kind is not None and reader_of(kind) is None:
        return f"a body of type {kind} is not read"
    return "no model in the body" if request.body else "no body, and no model in the query"


def _owner_header(
    request: ClientRequest, reading: BodyReading, decision: Decision, drawn: Iterable[Mapping[str, int]]
) -> Iterator[SetHeader]:
    if decision.keeps_owner:
        return
    if decision.owner is None:
        yield SetHeader(OWNER_HEADER, None, "no model, so no engine")
        return
    source = "no engine in the body, the headers or the query"
    if any(True for _ in drawn):
        source += ", so it is drawn by weight"
    elif decision.owner != DEFAULT_OWNER:
        source = _source_of_owner(request, reading, decision.owner)
    yield SetHeader(OWNER_HEADER, decision.owner, source)


def _source_of_owner(request: ClientRequest, reading: BodyReading, owner: str) -> str:
    for source, value in _engine_names(request, _fields(request, reading)):
        if not isinstance(value, str):
            return source
        key = normalise(value)
        if key and key not in RESERVED and owner in (key, INVALID_OWNER):
            return f'{source}, "{value}"' if value != owner else source
    return ""


def _engine_names(request: ClientRequest, fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values that can name the engine in order, each with its place in the request."""
    for name in ENGINE_FIELDS:
        if fields.get(name) is not None:
            yield f"field {name} of the body", fields[name]
    for name in _ENGINE_HEADERS:
        if values := request.head.values(name):
            yield f"header {name} of the client", ", ".join(values)
    for pair in request.head.path.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if name in ENGINE_FIELDS:
            yield f"parameter {name} of the query", unquote_plus(value)


def _fields(request: ClientRequest, reading: BodyReading) -> Mapping[str, Any]:
    kind = content_type_of(request.head)
    reader = reader_of(kind)
    if reader is None or not request.body or (is_form(kind) and not reading.reads_forms):
        return {}
    return reader(kind or "", request.body, _FIELDS) or {}


def model_of_body(request: ClientRequest) -> str | None:
    """Return the model that an engine reads in a body, None if there is none."""
    kind = content_type_of(request.head)
    reader = reader_of(kind)
    model = (reader(kind or "", request.body, ("model",)) or {}).get("model") if reader and request.body else None
    return model if isinstance(model, str) and model else None


def _copied(request: ClientRequest, copies: Mapping[str, str]) -> Read:
    """Return a request after a payload processor copied fields of its body to headers."""
    if not request.body:
        return Read(request.head)
    fields = json_fields(request.body, tuple(copies))
    if fields is None:
        return Read(request.head, outcome=Outcome(400, "the payload processor", "the body is not a JSON object"))
    present = {name: value for name, value in fields.items() if value not in (None, OTHER)}
    headers = tuple(SetHeader(copies[name], value, f"field {name} of the body") for name, value in present.items())
    return Read(with_headers(request.head, {each.name: each.value for each in headers}, request.head.path), headers)


def with_headers(head: Request, changed: Mapping[str, str | None], path: str) -> Request:
    """Return a head with a path and some headers replaced, or removed (None)."""
    kept = [(name, value) for name, value in head.headers if name.lower() not in changed]
    added = [(name, value) for name, value in changed.items() if value is not None]
    return replace(head, path=path, headers=(*kept, *added))


def _drawn(weights: Mapping[str, int]) -> str:
    shares = ", ".join(f"{owner} {weight}" for owner, weight in sorted(weights.items()))
    return f"the engine is drawn by weight ({shares}); this is the most likely one"
