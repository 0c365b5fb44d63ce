"""Explain where a request goes: the one function behind `llmd-routes explain`. Pure.

The steps are those of a gateway: choose the listener and host, read the body, choose a rule, resolve its backends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from llmd_routes.gateways.emitted_settings import settings_of_service
from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.explanation import Candidate, Entrance, Explanation, SetHeader
from llmd_routes.model.gateways import Route
from llmd_routes.model.plan import Attachment
from llmd_routes.model.requests import ClientRequest
from llmd_routes_sidecar.request_head import Request

from .backends import resolve_backends
from .bodies import Read, read_body
from .entrances import Door, Hosted, host_rank, hosted_routes, listeners_of
from .matching import Step, mismatch, path_of, shown_match, steps
from .outcomes import Routed, outcome_of
from .surroundings import Surroundings

_AGE: Final = "an older route"


@dataclass(frozen=True, slots=True)
class Choice:
    """A match with everything that decides about it: its rule, and the steps by which it is ranked."""

    route: Route
    rule: Object
    match: Object
    candidate: Candidate
    steps: tuple[Step, ...]
    age: str


def explain(request: ClientRequest, door: Door, around: Surroundings) -> Explanation:
    """Return what a Gateway does with a request.

    Raises InputError if no listener of the Gateway can be meant.
    """
    listeners, doubt = listeners_of(door, request.scheme, request.port)
    hosted = hosted_routes(door, listeners, request.head.host)
    removals = door.implementation.early_removals(door.ref, around.inventory.policies)
    seen = replace(request, head=_without(request.head, tuple(removals)))
    removed = tuple(
        SetHeader(name, None, f"{by} removes it") for name, by in removals.items() if request.head.values(name)
    )
    reading = _reading(door, hosted, seen, around)
    read = read_body(seen, reading) if reading else Read(seen.head, removed)
    choices = rank(door, hosted, read.head)
    winner = choices[0] if choices and choices[0].candidate.mismatch is None else None
    candidates = tuple(_with_loss(choice, winner) for choice in choices)
    route, rule = (winner.route, winner.rule) if winner else (None, None)
    routed = Routed(request, read, reading, route, rule, required_headers(choices, read.head))
    destinations = resolve_backends(winner.route, winner.rule, around) if winner else ()
    rewritten = _rewritten(winner, read.head.path) if winner else None
    doubts = (doubt, *read.doubts, _tie(choices), *_rejected(door, around))
    return Explanation(
        request=request,
        entrance=Entrance(door.ref, door.implementation.name, tuple(each.name for each in listeners)),
        reading=reading,
        headers=read.headers,
        path=read.head.path,
        candidates=candidates,
        winner=winner.candidate if winner else None,
        rewritten=rewritten,
        destinations=destinations,
        outcome=outcome_of(routed, destinations, door, around),
        doubts=tuple(each for each in doubts if each),
    )


def rank(door: Door, hosted: Sequence[Hosted], request: Request) -> list[Choice]:
    """Return all matches in order of precedence; those that do not accept the request come last."""

    def key(choice: Choice) -> tuple[object, ...]:
        ranks = tuple(tuple(-number for number in ranked) for _, ranked in choice.steps)
        name = "" if door.proxy else str(choice.route.ref)
        return choice.candidate.mismatch is not None, ranks, choice.age, name

    return sorted(_choices(door, hosted, request), key=key)


def _choices(door: Door, hosted: Sequence[Hosted], request: Request) -> Iterator[Choice]:
    precedence = door.implementation.precedence
    for route, host in ((each.route, each.host) for each in hosted):
        for number, rule in enumerate(items(route.spec, "rules") or [{}], start=1):
            for place, match in enumerate(items(rule, "matches") or [{}], start=1):
                candidate = Candidate(route.ref, number, place, shown_match(match), mismatch(match, request))
                ranked = (("a more specific host name", host_rank(host)), *steps(match, precedence))
                yield Choice(route, rule, match, candidate, ranked, route.created or "")


def _with_loss(choice: Choice, winner: Choice | None) -> Candidate:
    """Return a candidate with the step by which the winner comes before it."""
    if winner is None or choice is winner or choice.candidate.mismatch is not None:
        return choice.candidate
    return replace(choice.candidate, lost_by=_step(winner, choice))


def required_headers(choices: Sequence[Choice], head: Request) -> tuple[str, ...]:
    """Return the names of the headers that matches on the path of a request require, sorted."""
    path = Request(head.method, head.host, head.path)
    return tuple(
        sorted(
            {
                (text(header, "name") or "").lower()
                for choice in choices
                if mismatch({"path": choice.match.get("path")}, path) is None
                for header in items(choice.match, "headers")
            }
        )
    )


def _step(winner: Choice, loser: Choice) -> str:
    for (name, higher), (_, lower) in zip(winner.steps, loser.steps, strict=True):
        if higher != lower:
            return name
    if winner.route is loser.route:
        same_rule = winner.candidate.rule == loser.candidate.rule
        return "an earlier match in the rule" if same_rule else "an earlier rule in the route"
    return _AGE if winner.age != loser.age else "a route name that sorts first"


def _tie(choices: Sequence[Choice]) -> str:
    """Return a doubt if only the unknown age of routes decides between the first two matches."""
    matching = [choice for choice in choices if choice.candidate.mismatch is None]
    for other in matching[1:]:
        first = matching[0]
        is_tie = first.steps == other.steps and first.route is not other.route and first.steps
        if is_tie and not (first.age and other.age):
            pair = f"{first.route.ref} and {other.route.ref}"
            return f"{pair} match equally well, so the older one wins, and their ages are not in the input"
    return ""


def _reading(door: Door, hosted: Sequence[Hosted], request: ClientRequest, around: Surroundings) -> BodyReading | None:
    """Return what reads the bodies of requests to a Gateway, emitted policies first; None if nothing does."""
    if door.proxy is not None:
        return door.proxy.reading
    implementation, policies = door.implementation, around.inventory.policies
    for reading in implementation.body_readings(
        door.ref, policies, lambda service: settings_of_service(service, around.objects)
    ):
        if reading.routes is None:
            return reading
        # The policies of routes run only for requests that such a route matches already.
        choices = rank(door, hosted, request.head)
        if choices and choices[0].candidate.mismatch is None and choices[0].route.ref in reading.routes:
            return reading
    return _foreign_reading(door, around)


def _without(head: Request, removed: Sequence[str]) -> Request:
    """Return a head without some headers."""
    return replace(head, headers=tuple(pair for pair in head.headers if pair[0].lower() not in removed))


def _foreign_reading(door: Door, around: Surroundings) -> BodyReading | None:
    """Return the first reader of another owner; a known payload processor copies known fields."""
    attachment = Attachment(door.ref, door.implementation.name, None, door.gateway)
    by_service = {service: one for one in around.inventory.processors for service in one.services}
    for reader in door.implementation.body_readers(attachment, around.inventory.policies):
        processor = by_service.get(reader.service) if reader.service else None
        return BodyReading(reader.policy, None, reader.service, copies=processor.headers if processor else None)
    return None


def _rewritten(winner: Choice, path: str) -> str | None:
    """Return the path that the backend receives if a filter of the rule replaces the matched prefix, else None."""
    before, mark, query = path.partition("?")
    for entry in items(winner.rule, "filters"):
        new = text(entry, "urlRewrite", "path", "replacePrefixMatch")
        whole = text(entry, "urlRewrite", "path", "replaceFullPath")
        if whole is not None:
            return f"{whole}{mark}{query}"
        kind, prefix = path_of(winner.match)
        if new is not None and kind == "PathPrefix":
            rest = before.removeprefix(prefix.rstrip("/"))
            return f"{new.rstrip('/')}{rest}{mark}{query}" or "/"
    return None


def _rejected(door: Door, around: Surroundings) -> Iterator[str]:
    """Yield a doubt for each route that the Gateway has not accepted."""
    wanted = {route.ref for route in door.routes}
    for obj in around.objects.of("HTTPRoute", "gateway.networking.k8s.io"):
        ref = around.objects.ref(obj)
        for parent in items(obj, "status", "parents") if ref in wanted else []:
            namespace = text(parent, "parentRef", "namespace") or ref.namespace
            if Ref(namespace, "Gateway", text(parent, "parentRef", "name") or "") == door.ref:
                yield from _refusals(ref, parent)


def _refusals(route: Ref, parent: Object) -> Iterator[str]:
    for condition in items(parent, "conditions"):
        if text(condition, "type") == "Accepted" and text(condition, "status") == "False":
            yield f"{route} is not accepted ({text(condition, 'reason')}), so it may match nothing"
