"""The CEL expressions with which agentgateway reads model and engine from a request. Pure.

They follow the contract that `llmd_routes_sidecar.extraction` implements, and are tested with the same vectors. An
expression without a value removes its header. agentgateway evaluates them in order, and later ones see earlier headers.

- A field of `json(request.body)` is found by a scan of the top level; other uses of `json` parse the whole body.
- `coalesce` skips errors and null; `[x].filter(...)[0]` has no value if the filter rejects x, or cannot read it.

Source: https://agentgateway.dev/docs/reference/cel/ and crates/celx of https://github.com/agentgateway/agentgateway
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from llmd_routes_sidecar.extraction import MODELS, Settings
from llmd_routes_sidecar.owners import (
    ALIASES,
    DEFAULT_OWNER,
    INVALID_MODEL,
    INVALID_OWNER,
    LONGEST,
    MODEL_HEADER,
    OWNER_HEADER,
)

# Fields of bodies and parameters of queries that name the engine, in order of precedence.
_ENGINE: Final = ("owned_by", "engine", "inference_server")
_ENGINE_HEADERS: Final = (OWNER_HEADER, "x-inference-server")
_INNER: Final = LONGEST - 2
# Printable ASCII without spaces at the ends, and for owners also without a comma.
_USABLE: Final = f"^[!-~]([ -~]{{0,{_INNER}}}[!-~])?$"
_OWNER: Final = f"^[!-+.-~-]([ -+.-~-]{{0,{_INNER}}}[!-+.-~-])?$"
_EMPTY: Final = '""'
_JSON: Final = "^(application/([!-~]+[+])?json *([;,].*)?)?$"


class Assignment(NamedTuple):
    """A header, or `:path`, and the expression of its value."""

    name: str
    expression: str


def assignments(settings: Settings) -> tuple[Assignment, ...]:
    """Return the headers that the gateway sets before it selects a route, in order."""
    return (
        Assignment(MODEL_HEADER, _model(settings)),
        Assignment(OWNER_HEADER, _owner(settings)),
        Assignment(":path", _path(settings)),
    )


def condition(settings: Settings) -> str:
    """Return which requests a service reads: those that the routes match by path and host."""
    return _is_ours(settings)


def confirmations(settings: Settings) -> tuple[Assignment, ...]:
    """Return what becomes of the headers that a service has set, in order: empty ones are removed.

    The model header of a client is removed from requests that the service does not read.
    """
    model = f"[{_is_ours(settings)}].filter(o, o).map(o, {_header(MODEL_HEADER)})"
    return (
        Assignment(MODEL_HEADER, f"{model}.filter(v, v != {_EMPTY})[0]"),
        Assignment(OWNER_HEADER, f"[{_header(OWNER_HEADER)}].filter(v, v != {_EMPTY})[0]"),
        Assignment(":path", _path(settings)),
    )


def _model(settings: Settings) -> str:
    """Return the model of the body; `invalid` if no route can match it; else the model of the query, if it applies."""
    in_body = f"[{_is_json()}].filter(c, c).map(c, json(request.body).model)"
    usable = f'filter(v, v.matches({_text(_USABLE)}) && !v.contains("  "))'
    # A query counts without a body, and with a JSON object that names no model.
    has_none = 'coalesce(b["model"], "") == ""'
    counts = f"filter(v, size(request.body) == 0 || ({_is_json()} && json(request.body).with(b, {has_none})))"
    sources = (
        f"{in_body}.{usable}[0]",
        f'{in_body}.filter(v, !(v in [null, ""])).map(v, {_text(INVALID_MODEL)})[0]',
        f'[request.uri.query("model")[0]].{usable}.{counts}[0]',
    )
    return f"[{_is_ours(settings)}].filter(o, o).map(o, coalesce({', '.join(sources)}))[0]"


def _owner(settings: Settings) -> str:
    """Return the first engine that a request with a model names, in its canonical form; `default` without one.

    Requests of other routes keep their header.
    """
    fields = _or_empty(f"json(request.body).{name}" for name in _ENGINE)
    headers = (_header(name) for name in _ENGINE_HEADERS)
    parameters = (f"request.uri.query({_text(name)})[0]" for name in _ENGINE)
    named = f"(({_is_json()}) ? {fields} : []) + {_or_empty((*headers, *parameters))}"
    # A value that is not a string becomes a comma, which no owner contains.
    lower = 'map(v, coalesce(v.trim().lowerAscii(), ","))'
    skipped = _list(("", DEFAULT_OWNER, INVALID_OWNER))
    first = f"(({named}).{lower}.filter(v, !(v in {skipped})) + {_list((DEFAULT_OWNER,))})[0]"
    aliases = "{" + ", ".join(f"{_text(alias)}: {_text(owner)}" for alias, owner in ALIASES.items()) + "}"
    checked = f"with(o, o.matches({_text(_OWNER)}) ? o : {_text(INVALID_OWNER)})"
    kept = f"[!({_is_ours(settings)})].filter(o, o).map(o, {_header(OWNER_HEADER)})[0]"
    return f"{_has_model()} ? {first}.with(o, coalesce({aliases}[o], o)).{checked} : {kept}"


def _path(settings: Settings) -> str:
    """Return the path without a query if a body selects the route, else without the parameters that name an engine.

    Requests of other routes keep their path.
    """
    names = "|".join(_ENGINE)
    kept = f"filter(p, !p.matches({_text(f'^({names})(=|$)')}))"
    rest = f'request.pathAndQuery.substring(size(request.path) + 1).split("&").{kept}'
    shortened = f'request.path + {rest}.with(l, l.join("&") != "" ? "?" + l.join("&") : "")'
    has_engine = f"request.pathAndQuery.matches({_text(f'[?&]({names})(=|&|$)')})"
    other = f"{_is_ours(settings)} && {has_engine} ? {shortened} : request.pathAndQuery"
    return other if settings.keep_query else f'{_has_model()} && request.method == "POST" ? request.path : {other}'


def _is_ours(settings: Settings) -> str:
    """Return whether the routes match a request by path and host, and it is not for the models list."""
    below = " || ".join(_is_below(prefix.rstrip("/")) for prefix in settings.prefixes)
    lists = " || ".join(_is_below(f"{prefix.rstrip('/')}{MODELS}") for prefix in settings.prefixes)
    hosts = f" && request.host.matches({_text(_host_pattern(settings.hosts))})" if settings.hosts else ""
    return f"({below}) && !({lists}){hosts}"


def _is_below(path: str) -> str:
    return f"request.path == {_text(path or '/')} || request.path.startsWith({_text(path + '/')})"


def _host_pattern(hosts: Sequence[str]) -> str:
    """Return a pattern for hosts, in any case and with any port."""
    names = [f"[^.].*{re.escape(host[1:])}" if host.startswith("*.") else re.escape(host) for host in hosts]
    return f"(?i)^({'|'.join(names)})(:[0-9]*)?$"


def _is_json() -> str:
    kind = f'coalesce(request.headers["content-type"], "application/json").lowerAscii().matches({_text(_JSON)})'
    return f'{kind} && coalesce(request.headers["content-encoding"], "identity") == "identity"'


def _header(name: str) -> str:
    return f"request.headers[{_text(name)}]"


def _has_model() -> str:
    return f"{_text(MODEL_HEADER)} in request.headers"


def _or_empty(sources: Iterable[str]) -> str:
    """Return a list of sources, each an empty text if it has no value."""
    return f"[{', '.join(f'coalesce({source}, {_EMPTY})' for source in sources)}]"


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(value: str) -> str:
    return json.dumps(value)
