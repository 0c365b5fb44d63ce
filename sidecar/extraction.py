"""The contract between clients and routes: which model and which engine a request is for. Pure, no I/O.

In: a request, its body read or not, and the settings of an installation. Out: a `Decision`: the two headers that routes
match, and the path without what was read from it. Every carrier (a filter of the gateway, the sidecar) decides so, and
is tested by the same vectors (`tests/vectors/extraction.yaml`).

The model of a decision is the model that the engine reads from the same bytes. Where the two could differ, the request
is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_plus

from .bodies import Body, Fields, Reader, is_form, reader_of, spans
from .json_bodies import Span
from .owners import DEFAULT_OWNER, INVALID_MODEL, INVALID_OWNER, OWNER_HEADER, RESERVED, is_owner, is_usable, normalise
from .request_head import Request, content_type_of, declared_length, is_encoded, is_upgrade

ENGINE_FIELDS: Final = ("owned_by", "engine", "inference_server")
_FIELDS: Final = ("model", *ENGINE_FIELDS)
_ENGINE_HEADERS: Final = (OWNER_HEADER, "x-inference-server")
# The headers that are read besides method, path and host.
READ_HEADERS: Final = ("content-type", "content-encoding", *_ENGINE_HEADERS)
MODELS: Final = "/models"

# Chooses one of the owners by their weights.
Draw = Callable[[Mapping[str, int]], str]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of an installation.

    `hosts` are those of the routes, `*.example.com` with wildcards, empty for all; `prefixes` their paths. `body_limit`
    is in bytes. `splits` has the weights of owners by model. With `strip_engine_fields` engine fields are removed from
    bodies.
    """

    hosts: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ("/v1",)
    body_limit: int = 4 * 1024 * 1024
    keep_query: bool = False
    splits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    strip_engine_fields: bool = False


class Refusal(Enum):
    """Why the gateway rejects a request: because of its body, or an upgrade with a method other than GET."""

    TOO_LARGE = "too large"
    ENCODED = "encoded"
    NO_JSON = "no JSON"
    NO_FORM = "no form"
    NO_UPGRADE = "no upgrade"


class Decision(NamedTuple):
    """The result for a request: the values of the two headers (None: removed), and its path.

    `refusal` is why the gateway rejects the request, else None. With `keeps_owner` the owner header stays unchanged.
    `blanks` are the ranges of the body to overwrite with spaces.
    """

    model: str | None
    owner: str | None
    path: str
    refusal: Refusal | None = None
    keeps_owner: bool = False
    blanks: tuple[Span, ...] = ()


def is_below(path: str, prefix: str) -> bool:
    """Return whether a path without a query is a prefix or below it, element by element."""
    top = prefix.rstrip("/")
    return path == top or path.startswith(f"{top}/")


def is_ours(host: str, hosts: Sequence[str]) -> bool:
    """Return whether a host, in any case and with or without a port, is a host of the routes."""
    if not hosts:
        return True
    name = re.sub(r":[0-9]*$", "", host).lower()
    return any(
        name.endswith(each[1:]) and len(name) >= len(each) if each.startswith("*.") else name == each for each in hosts
    )


def listed(path: str, prefixes: Sequence[str]) -> str | None:
    """Return the rest of a path after `/models` below one of the prefixes, without a query; None for other paths."""
    tops = [f"{prefix.rstrip('/')}{MODELS}" for prefix in prefixes]
    return next((path[len(top) :] for top in tops if is_below(path, top)), None)


def engine_of(request: Request) -> str | None:
    """Return the owner key in headers or query; `invalid` if it is unusable, None without one."""
    return _owner(_named({}, request, _query(request.path)))


def is_read(request: Request) -> bool:
    """Return whether a body is of a type that is read, according to its headers."""
    return _reader(request) is not None


def reads_body(request: Request, settings: Settings) -> bool:
    """Return whether the body must be read before the decision; other bodies pass unchanged, or are rejected."""
    return _extracts(request, settings) and is_read(request)


def is_too_long(request: Request, settings: Settings, length: int | None = None) -> bool:
    """Return whether a body to read exceeds the limit, by its length so far or its declared length."""
    return (declared_length(request) if length is None else length) > settings.body_limit


def decide(
    request: Request, settings: Settings, draw: Draw, body: Body | None = None, has_body: bool = False
) -> Decision:
    """Return the decision for a request.

    `body` is the body if it was read; `has_body` is whether there is one that was not. `draw` chooses an owner if
    requests without an engine are split over several.
    """
    if not _extracts(request, settings):
        return Decision(None, None, request.path, keeps_owner=True)
    has_body = has_body or bool(body)
    reader = _reader(request)
    fields = _refusal_by_head(request, settings, body, has_body) or _fields(reader, request, body)
    if isinstance(fields, Refusal):
        return Decision(None, None, request.path, fields)
    blanks = _blanks(request, settings, body, fields)
    query = _query(request.path)
    may_be_in_query = not has_body or is_upgrade(request) or (reader is not None and body is not None)
    model = _model(fields.get("model"), query.get("model") if may_be_in_query else None)
    path = _without(request, settings, model)
    if model is None:
        return Decision(None, None, path, blanks=blanks)
    owner = _owner(_named(fields, request, query))
    if owner is None:
        owner = draw(settings.splits[model]) if model in settings.splits else DEFAULT_OWNER
    return Decision(model, owner, path, blanks=blanks)


def _refusal_by_head(request: Request, settings: Settings, body: Body | None, has_body: bool) -> Refusal | None:
    """Return why a request is rejected regardless of its body, or None."""
    if is_upgrade(request):
        return None if request.method == "GET" else Refusal.NO_UPGRADE
    if has_body and is_encoded(request) and reader_of(content_type_of(request)):
        return Refusal.ENCODED
    is_long = is_too_long(request, settings) or is_too_long(request, settings, len(body or b""))
    return Refusal.TOO_LARGE if is_long and is_read(request) else None


def _reader(request: Request) -> Reader | None:
    """Return the reader for the body of a request, None if the body is not read, according to its headers."""
    if request.method == "CONNECT" or is_upgrade(request) or is_encoded(request):
        return None
    return reader_of(content_type_of(request))


def _fields(reader: Reader | None, request: Request, body: Body | None) -> Fields | Refusal:
    """Return the fields of a body that must be read; none otherwise."""
    if reader is None or not body:
        return {}
    kind = content_type_of(request) or ""
    fields = reader(kind, body, _FIELDS)
    if fields is None:
        return Refusal.NO_FORM if is_form(kind) else Refusal.NO_JSON
    return fields


def _blanks(request: Request, settings: Settings, body: Body | None, fields: Fields) -> tuple[Span, ...]:
    strips = settings.strip_engine_fields and any(name in fields for name in ENGINE_FIELDS)
    return spans(content_type_of(request), body or b"", ENGINE_FIELDS) if strips else ()


def _extracts(request: Request, settings: Settings) -> bool:
    """Return whether a request belongs to the routes; the models lists below them have their own response."""
    path = request.path.partition("?")[0]
    is_inside = False
    for top, below, models, below_models in _places(settings.prefixes):
        if path == models or path.startswith(below_models):
            return False
        is_inside = is_inside or path == top or path.startswith(below)
    return is_inside and is_ours(request.host, settings.hosts)


@lru_cache(maxsize=8)
def _places(prefixes: tuple[str, ...]) -> tuple[tuple[str, str, str, str], ...]:
    """Return each prefix and its models list, each as the path itself and as the beginning of paths below it."""
    tops = [prefix.rstrip("/") for prefix in prefixes]
    return tuple((top, f"{top}/", f"{top}{MODELS}", f"{top}{MODELS}/") for top in tops)


def _query(path: str) -> dict[str, str]:
    """Return the parameters of a query, the first of duplicates; names are literal, values decoded."""
    found: dict[str, str] = {}
    _, mark, text = path.partition("?")
    for parameter in text.split("&") if mark else ():
        name, _, value = parameter.partition("=")
        found.setdefault(name, unquote_plus(value))
    return found


def _model(in_body: Any, in_query: str | None) -> str | None:
    """Return the model in a request, `invalid` if no route can match it, None without one.

    The body takes precedence over the query, which engines do not read.
    """
    if in_body not in (None, ""):
        return in_body if isinstance(in_body, str) and is_usable(in_body) else INVALID_MODEL
    return in_query if in_query and is_usable(in_query) else None


def _named(fields: Mapping[str, Any], request: Request, query: Mapping[str, str]) -> Iterator[Any]:
    """Yield the values that identify an engine, in order of precedence; values of a repeated header are joined."""
    yield from (fields.get(name) for name in ENGINE_FIELDS)
    yield from (", ".join(request.values(name)) for name in _ENGINE_HEADERS)
    yield from (query.get(name) for name in ENGINE_FIELDS)


def _owner(named: Iterable[Any]) -> str | None:
    """Return the first value as an owner key, `invalid` if it is unusable, None without a value."""
    for value in named:
        if value is None:
            continue
        if not isinstance(value, str):
            return INVALID_OWNER
        key = normalise(value)
        if key and key not in RESERVED:
            return key if is_owner(key) else INVALID_OWNER
    return None


def _without(request: Request, settings: Settings, model: str | None) -> str:
    """Return the path without the engine's parameters; for a POST with a known model, without any."""
    path, mark, query = request.path.partition("?")
    if not mark or (model is not None and request.method == "POST" and not settings.keep_query):
        return path
    parameters = query.split("&")
    kept = [each for each in parameters if each.partition("=")[0] not in ENGINE_FIELDS]
    rest = "&".join(kept)
    return request.path if len(kept) == len(parameters) else f"{path}?{rest}" if rest else path
