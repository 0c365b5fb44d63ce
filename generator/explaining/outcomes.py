"""Decide what the client gets: from an engine, or an error of the gateway with its reason and fix. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from llmd_routes.gateways.unmatched import NOT_FOUND
from llmd_routes.kube.objects import Object, items, text
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.explanation import Destination, Outcome
from llmd_routes.model.gateways import Route
from llmd_routes.model.requests import ClientRequest
from llmd_routes_sidecar.answers import Answer, answer

from .bodies import Read, model_of_body
from .entrances import Door
from .models_server import answer_of_server
from .surroundings import Surroundings

_SERVICE: Final = "Service"
_OWN_ERROR: Final = 500
_JSON: Final = "add -H 'content-type: application/json'"


@dataclass(frozen=True, slots=True)
class Routed:
    """A request that was read, and the rule that won; both are None if no rule matches.

    `wanted` are the headers that the rules for its path require.
    """

    request: ClientRequest
    read: Read
    reading: BodyReading | None
    route: Route | None
    rule: Object | None
    wanted: tuple[str, ...] = ()


def outcome_of(routed: Routed, destinations: Sequence[Destination], door: Door, around: Surroundings) -> Outcome:
    """Return what the client gets."""
    if routed.read.outcome is not None:
        return routed.read.outcome
    reading = routed.reading
    if reading is not None and reading.responds and (given := _answered(routed)):
        return given
    outcome = _routed(routed, destinations, door, around)
    # The filter has set its answer beforehand, and the gateway replaces its own errors by it.
    return (_answered(routed) or outcome) if outcome.status == _OWN_ERROR else outcome


def _routed(routed: Routed, destinations: Sequence[Destination], door: Door, around: Surroundings) -> Outcome:
    """Return what the rule that won leads to."""
    if routed.route is None or routed.rule is None:
        if not door.routes:
            return Outcome(404, str(door.ref), "no HTTPRoute is attached to it", "run llmd-routes generate")
        body = NOT_FOUND if door.proxy else ""
        return Outcome(404, str(door.ref), "no rule matches", _fix_unmatched(routed), body)
    if redirect := _redirect(routed.rule):
        return redirect
    policies = around.inventory.policies
    direct = door.implementation.direct_response(routed.route, routed.rule, policies, routed.read.head)
    if direct is not None:
        return _failed(direct, str(routed.route.ref), routed)
    if not destinations:
        body = NOT_FOUND if door.proxy else ""
        by = str(routed.route.ref)
        return Outcome(door.implementation.backendless, by, "the rule has no backend", _fix_unmatched(routed), body)
    return _forwarded(routed, destinations, door, around)


def _answered(routed: Routed) -> Outcome | None:
    """Return what the filter answers in place of an engine, None if an engine serves the request."""
    reading, decision = routed.reading, routed.read.decision
    if reading is None or decision is None or reading.settings is None or reading.served is None:
        return None
    given = answer(routed.request.head, decision, reading.settings, reading.served)
    return _failed(given, str(reading.policy), routed) if given else None


def _failed(given: Answer, by: str, routed: Routed) -> Outcome:
    """Return the outcome of an answer that is not an engine's."""
    if given.status < 400:
        return Outcome(given.status, by, "answers in place of an engine", "", given.body)
    reasons = {400: "the request names no model", 404: "no engine serves the model", 405: "the method is not allowed"}
    reason = reasons.get(given.status, "answers in place of an engine")
    return Outcome(given.status, by, reason, _fix_unmatched(routed), given.body)


def _forwarded(routed: Routed, destinations: Sequence[Destination], door: Door, around: Surroundings) -> Outcome:
    """Return the outcome of a rule with backends: an engine answers, unless all of them fail."""
    faults = [f"{each.backend}: {each.fault}" for each in destinations if each.fault]
    if len(faults) == len(destinations):
        return Outcome(_OWN_ERROR, str(door.ref), "; ".join(faults), "create or correct what the rule references")
    usable = [each for each in destinations if not each.fault]
    if all(each.pods.are_unavailable for each in usable):
        shown = ", ".join(str(each.backend) for each in usable)
        return Outcome(503, str(door.ref), f"no pod of {shown} is ready", "wait for the pods, or see why they fail")
    if all(each.backend.kind == _SERVICE for each in destinations):
        server = answer_of_server(destinations[0].backend, routed.read.head, around.objects)
        if server is not None:
            return _failed(server, f"models server, {destinations[0].backend}", routed)
        return Outcome(None, str(destinations[0].backend), "the Service answers")
    return _by_engine(routed, destinations, door)


def _by_engine(routed: Routed, destinations: Sequence[Destination], door: Door) -> Outcome:
    shown = " or ".join(str(each.backend) for each in destinations)
    model = model_of_body(routed.request)
    known = [each.models for each in destinations if each.models is not None]
    if model is not None and len(known) == len(destinations) and not any(model in models for models in known):
        served = ", ".join(sorted({each for models in known for each in models}))
        reason = f"the engine serves {served}, not {model}, and answers 404"
        return Outcome(404, shown, reason, "name a model that it serves, or correct the rule")
    unpicked = [each for each in destinations if each.picker is not None and each.picker_pods.are_unavailable]
    if not unpicked:
        return Outcome(None, shown, "an engine answers")
    pickers = f"no pod of {' and '.join(str(each.picker) for each in unpicked)} is ready"
    mode = unpicked[0].failure_mode
    status = door.status_without_picker(mode)
    if status is None or len(unpicked) < len(destinations):
        return Outcome(None, shown, f"an engine answers; {pickers}, so the gateway chooses pods itself ({mode})")
    return Outcome(status, str(door.ref), pickers, "wait for the endpoint picker, or see why its pods fail")


def _redirect(rule: Object) -> Outcome | None:
    for entry in items(rule, "filters"):
        if text(entry, "type") == "RequestRedirect":
            status = text(entry, "requestRedirect", "statusCode") or "302"
            return Outcome(int(status), "a filter of the rule", "redirects the client", "send the request there")
    return None


def _fix_unmatched(routed: Routed) -> str:
    """Return what the client can change if no engine gets its request."""
    request, head = routed.request, routed.read.head
    if request.content_type == "curl" and routed.reading is not None and request.body.lstrip()[:1] == b"{":
        return f"{_JSON}: curl -d sends application/x-www-form-urlencoded, which is not read"
    missing = [name for name in routed.wanted if not head.values(name)]
    if routed.reading is None and missing:
        names = " and ".join(missing)
        return f"nothing reads the body on this Gateway: send {names}, or pass --body-to-header to generate"
    return ""
