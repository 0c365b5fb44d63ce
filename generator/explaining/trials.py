"""Derive one request for each model and engine that the rules of generated routes are meant for. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from llmd_routes.errors import InputError
from llmd_routes.kube.objects import Object, Ref, items, text, texts
from llmd_routes.model.explanation import Explanation
from llmd_routes.model.gateways import Listener, Route
from llmd_routes.model.requests import ClientRequest
from llmd_routes.text.header_patterns import values_of
from llmd_routes_sidecar.owners import DEFAULT_OWNER, MODEL_HEADER, OWNER_HEADER
from llmd_routes_sidecar.request_head import Request

from .entrances import Door, hosts_of_route
from .explain import explain
from .matching import path_of
from .surroundings import Surroundings

_VERSION: Final = "/v1"
_CHAT: Final = "/chat/completions"
_JSON: Final = ("content-type", "application/json")
_HTTP: Final = {"HTTP": "http", "HTTPS": "https"}
# The host of a request if any host will do; whoever sends the request replaces it by the address.
ANY_HOST: Final = "any.invalid"


@dataclass(frozen=True, slots=True)
class Trial:
    """A request that a rule (counted from 1) of a route is meant for; without an `engine`, the default one is meant."""

    route: Route
    rule: int
    model: str
    engine: str | None
    request: ClientRequest

    @property
    def subject(self) -> str:
        """Return what the request names, as part of a sentence."""
        return f"model {self.model} and engine {self.engine}" if self.engine else f"model {self.model} without engine"


def find_trials(door: Door) -> Iterator[Trial]:
    """Yield the requests for a Gateway or an emitted proxy, in the order of routes and rules; each subject once."""
    seen: set[tuple[str, str, str | None]] = set()
    for route in door.routes:
        entrance = _entrance(door, route) if route.instance is not None or door.proxy else None
        for number, rule in enumerate(items(route.spec, "rules"), start=1) if entrance else ():
            for path, model, engine in _subjects(rule):
                if entrance is not None and (entrance.host, model, engine) not in seen:
                    seen.add((entrance.host, model, engine))
                    yield Trial(route, number, model, engine, _request(entrance, path, model, engine))


def predict_trials(door: Door, around: Surroundings) -> Iterator[tuple[Trial, Explanation]]:
    """Yield the explanation of each trial; if nothing reads bodies on the Gateway, its request has the headers.

    Trials without a matching listener are omitted.
    """
    models = {route.ref: _models_of(route) for route in door.routes}
    for trial in find_trials(door):
        # Routes that name only other models cannot match; most routes of large installations are such.
        near = [route for route in door.routes if trial.model in models[route.ref] or None in models[route.ref]]
        narrowed = replace(door, routes=tuple(near))
        with suppress(InputError):
            explanation = explain(trial.request, narrowed, around)
            if explanation.reading is None:
                explanation = explain(_with_headers(trial), narrowed, around)
            yield trial, explanation


@dataclass(frozen=True, slots=True)
class _Entrance:
    scheme: str
    host: str
    port: int


def _entrance(door: Door, route: Route) -> _Entrance | None:
    """Return where clients send requests for a route, None if no listener accepts it."""
    if door.gateway is None:
        host = next(iter(texts(route.spec, "hostnames")), "")
        return _Entrance("http", _concrete(host), 80)
    for listener in sorted(door.gateway.listeners, key=_is_encrypted):
        hosts = hosts_of_route(door, (listener,), route)
        if hosts and listener.protocol in _HTTP:
            return _Entrance(_HTTP[listener.protocol], _concrete(hosts[0]), listener.port)
    return None


def _is_encrypted(listener: Listener) -> bool:
    return listener.protocol != "HTTP"


def _concrete(host: str) -> str:
    """Return a host that a host name of a route or listener, maybe with a wildcard, accepts."""
    return host.replace("*", "any", 1) if host else ANY_HOST


def _subjects(rule: Object) -> Iterator[tuple[str, str, str | None]]:
    """Yield path, model and engine of each request that the matches of a rule with backends name."""
    for match in items(rule, "matches") if items(rule, "backendRefs") else ():
        headers = {(text(each, "name") or "").lower(): _values(each) for each in items(match, "headers")}
        kind, prefix = path_of(match)
        if kind != "PathPrefix":
            continue
        for model in headers.get(MODEL_HEADER, ()):
            for owner in headers.get(OWNER_HEADER, (DEFAULT_OWNER,)):
                yield _chat_below(prefix), model, None if owner == DEFAULT_OWNER else owner


def _chat_below(prefix: str) -> str:
    """Return the path of chat completions below a prefix, which usually ends with the version of the API."""
    return f"{prefix}{_CHAT}" if prefix.endswith(_VERSION) else f"{prefix.rstrip('/')}{_VERSION}{_CHAT}"


def _values(header: Object) -> tuple[str, ...]:
    value = text(header, "value") or ""
    return values_of(value) if text(header, "type") == "RegularExpression" else (value,)


def _request(entrance: _Entrance, path: str, model: str, engine: str | None) -> ClientRequest:
    named = {"model": model} | ({"owned_by": engine} if engine else {})
    body = named | {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    head = Request("POST", entrance.host, path, (_JSON,))
    return ClientRequest(entrance.scheme, entrance.host, entrance.port, head, json.dumps(body).encode())


def _with_headers(trial: Trial) -> ClientRequest:
    named = ((MODEL_HEADER, trial.model), *(((OWNER_HEADER, trial.engine),) if trial.engine else ()))
    head = trial.request.head
    return replace(trial.request, head=replace(head, headers=(*head.headers, *named)))


def _models_of(route: Route) -> frozenset[str | None]:
    """Return the models that the matches of a route name, and None if a match accepts any model."""
    matches = [match for rule in items(route.spec, "rules") or [{}] for match in items(rule, "matches") or [{}]]
    return frozenset(model for match in matches for model in _models_of_match(match) or (None,))


def _models_of_match(match: Object) -> Sequence[str]:
    """Return the models that a match names; none if it has no such header, or another pattern."""
    headers = [each for each in items(match, "headers") if (text(each, "name") or "").lower() == MODEL_HEADER]
    return _values(headers[0]) if headers else ()


def backends_meant(trial: Trial) -> frozenset[Ref]:
    """Return the backends of the rule that a trial is for."""
    rule = items(trial.route.spec, "rules")[trial.rule - 1]
    return frozenset(
        Ref(
            text(backend, "namespace") or trial.route.ref.namespace,
            text(backend, "kind") or "Service",
            text(backend, "name") or "",
        )
        for backend in items(rule, "backendRefs")
    )
