"""Print an explanation: lines for people, JSON or YAML for programs. Pure: text out, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from llmd_routes.model.explanation import Candidate, Destination, Explanation, Pods
from llmd_routes.terminal import json_text, one_line

from .tables import as_yaml

_LEAD: Final = 10
_MOST_OTHERS: Final = 10
# The statuses of bodies that are rejected, if not a single header is set.
_REFUSED: Final = (400, 413, 415)
_HOW: Final = {
    "in-gateway": "in the gateway",
    "ext-proc": "by an external processor (ext_proc)",
    "ext-authz": "by an external service (ext_authz)",
    None: "by an existing processor",
}


def as_text(explanation: Explanation, output: str) -> str:
    """Return an explanation as `text`, `wide` (with all rules that do not match), `json` or `yaml`."""
    if output == "json":
        return json_text(as_data(explanation), 2) + "\n"
    if output == "yaml":
        return as_yaml(as_data(explanation))
    return "".join(f"{one_line(line)}\n" for line in _lines(explanation, wide=output == "wide"))


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data; names are in camelCase, and fields are added compatibly."""
    reading, outcome = explanation.reading, explanation.outcome
    return {
        "request": {"method": explanation.request.head.method, "url": explanation.request.url},
        "gateway": {
            "name": str(explanation.entrance.ref),
            "implementation": explanation.entrance.implementation,
            "listeners": list(explanation.entrance.listeners),
        },
        "bodyReader": str(reading.policy) if reading else None,
        "headers": [header._asdict() for header in explanation.headers],
        "path": explanation.path,
        "rewrittenPath": explanation.rewritten,
        "rules": [_candidate_data(candidate) for candidate in explanation.candidates],
        "backends": [_destination_data(destination) for destination in explanation.destinations],
        "outcome": {
            "status": outcome.status,
            "by": outcome.by,
            "reason": outcome.reason,
            "fix": outcome.fix or None,
            "body": outcome.body or None,
        },
        "doubts": list(explanation.doubts),
    }


def _candidate_data(candidate: Candidate) -> dict[str, Any]:
    verdict = "no match" if candidate.mismatch else "loses" if candidate.lost_by else "wins"
    return {
        "route": str(candidate.route),
        "rule": candidate.rule,
        "match": candidate.match,
        "conditions": candidate.shown,
        "verdict": verdict,
        "because": candidate.mismatch or candidate.lost_by,
    }


def _destination_data(destination: Destination) -> dict[str, Any]:
    return {
        "backend": str(destination.backend),
        "port": destination.port,
        "weight": destination.weight,
        "picker": str(destination.picker) if destination.picker else None,
        "pickerPods": _pods_data(destination.picker_pods),
        "pods": _pods_data(destination.pods),
        "fault": destination.fault or None,
    }


def _pods_data(pods: Pods) -> dict[str, Any]:
    workloads = list(map(str, pods.workloads))
    return {"names": list(pods.names), "ready": pods.ready, "known": pods.is_known, "workloads": workloads}


def _lines(explanation: Explanation, *, wide: bool) -> Iterator[str]:
    request = explanation.request
    host = request.head.host
    is_usual = host.lower() in (request.address, f"{request.address}:{request.port}")
    yield _row("request", f"{request.head.method} {request.url}{'' if is_usual else f' (host: {host})'}")
    if request.content_type == "assumed":
        yield _row("", "content-type: application/json is assumed; curl -d sends application/x-www-form-urlencoded")
    entrance = explanation.entrance
    listeners = f", listener {', '.join(entrance.listeners)}" if entrance.listeners else ""
    yield _row("gateway", f"{entrance.ref} ({entrance.implementation}){listeners}")
    yield from _reading_lines(explanation)
    yield from _rule_lines(explanation, wide=wide)
    for destination in explanation.destinations:
        yield from _destination_lines(destination, is_alone=len(explanation.destinations) == 1)
    if explanation.rewritten is not None:
        yield _row("path", f"the backend receives {explanation.rewritten}")
    yield from _outcome_lines(explanation)


def _reading_lines(explanation: Explanation) -> Iterator[str]:
    reading = explanation.reading
    if reading is None:
        yield _row("body", "not read on this Gateway; the client sets the headers")
    else:
        by = f": {reading.service}" if reading.service else ""
        yield _row("body", f"{reading.policy} reads it {_HOW[reading.kind]}{by}")
        if reading.settings is not None and not explanation.headers and explanation.outcome.status not in _REFUSED:
            yield _row("", "nothing is read: the path or host is not one of the routes, or it is a models list")
    for header in explanation.headers:
        value = "removed" if header.value is None else f"set to {header.value}"
        yield _row("", f"{header.name} is {value} ({header.source})")
    if explanation.path != explanation.request.head.path:
        yield _row("", f"the path becomes {explanation.path}")


def _rule_lines(explanation: Explanation, *, wide: bool) -> Iterator[str]:
    candidates = explanation.candidates
    matching = [candidate for candidate in candidates if candidate.mismatch is None]
    others = candidates[len(matching) :]
    yield _row("rules", f"{len(matching)} of {len(candidates)} matches accept the request")
    for candidate in matching:
        verdict = f"loses, the winner has {candidate.lost_by}" if candidate.lost_by else "wins"
        yield _row("", f"{verdict}: {_named(candidate)}")
    # Without a match, the reasons against the others are the answer.
    shown = others if wide else others[:_MOST_OTHERS] if not matching else ()
    for candidate in shown:
        yield _row("", f"no match: {_named(candidate)}: {candidate.mismatch}")
    if not matching and len(others) > len(shown):
        yield _row("", f"and {len(others) - len(shown)} more; -o wide shows all")


def _named(candidate: Candidate) -> str:
    return f"{candidate.route} rule {candidate.rule} ({candidate.shown})"


def _destination_lines(destination: Destination, *, is_alone: bool) -> Iterator[str]:
    share = "" if is_alone else f", weight {destination.weight}"
    port = f", port {destination.port}" if destination.port else ""
    yield _row("backend", f"{destination.backend}{port}{share}")
    if destination.fault:
        yield _row("", destination.fault)
    if destination.picker is not None:
        yield _row("picker", f"{destination.picker}{_counted(destination.picker_pods)}")
    if destination.pods.names or destination.pods.workloads or destination.pods.is_known:
        yield _row("pods", _pods_text(destination.pods))


def _counted(pods: Pods) -> str:
    if not pods.names:
        return ", no pods" if pods.is_known else ""
    return f", {pods.ready} of {len(pods.names)} pods ready"


def _pods_text(pods: Pods) -> str:
    if pods.names:
        return f"{pods.ready} of {len(pods.names)} ready: {', '.join(pods.names)}"
    owners = f"of {', '.join(map(str, sorted(pods.workloads)))}" if pods.workloads else ""
    return f"none {owners}".rstrip() if pods.is_known else owners


def _outcome_lines(explanation: Explanation) -> Iterator[str]:
    outcome = explanation.outcome
    status = f"{outcome.status}: " if outcome.status else ""
    yield _row("result", f"{status}{outcome.reason} ({outcome.by})")
    if outcome.body:
        yield _row("", f"body: {outcome.body}")
    if outcome.fix:
        yield _row("fix", outcome.fix)
    for doubt in explanation.doubts:
        yield _row("unsure", doubt)


def _row(title: str, text: str) -> str:
    return f"{title:<{_LEAD}}{text}".rstrip()
