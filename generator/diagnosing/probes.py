"""Compare the answers to probes with the predictions of explain. Pure.

An unexpected answer may come from what stands in front of the Gateway, such as a load balancer or an ingress. Only a
header that the Gateway sets in all answers shows that it took part.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.explaining.trials import Trial, backends_meant
from llmd_routes.model.findings import Diagnosis, Finding
from llmd_routes.model.probes import Probe
from llmd_routes.pods.speech import is_for_speech

_KEY: Final = (401, 403)
_LONGEST: Final = 120


def with_probes(diagnosis: Diagnosis, probed: Sequence[tuple[Door, Sequence[Probe]]]) -> Diagnosis:
    """Return a diagnosis with the probes of each Gateway, and with what they show after what causes it."""
    findings = [finding for door, probes in probed for finding in judge_probes(door, probes)]
    ordered = sorted((*diagnosis.findings, *findings), key=lambda finding: finding.severity != "error")
    probes = tuple(probe for _, probes in probed for probe in probes)
    return replace(diagnosis, findings=tuple(ordered), probes=probes)


def generates_text(trial: Trial, around: Surroundings) -> bool:
    """Return whether the request of a trial can succeed: not for engines of embeddings, nor for models for speech."""
    silent = {notice.object for notice in around.inventory.notices if notice.code == "no-generation"}
    titles = {service.title for backend in backends_meant(trial) for service in around.served_by(backend)}
    return not is_for_speech(trial.model) and not titles & silent


def judge_probes(door: Door, probes: Iterable[Probe]) -> Iterator[Finding]:
    """Yield a finding for each unexpected response, and one finding for all requests without a response."""
    listed = list(probes)
    silent = [probe for probe in listed if probe.answer.status is None]
    if silent:
        yield _unanswered(door, silent[0], len(silent), len(listed))
    for probe in listed:
        if probe.answer.status is not None and not is_as_predicted(probe):
            yield _different(door, probe)


def is_as_predicted(probe: Probe) -> bool:
    """Return whether a probe has the predicted status; where an engine decides, whether the request succeeded."""
    status = probe.answer.status
    return status == probe.predicted if probe.predicted is not None else status is not None and status < 400


def subject_of(probe: Probe) -> str:
    """Return what a probe asked for, as part of a sentence."""
    return f"model {probe.model} and engine {probe.engine}" if probe.engine else f"model {probe.model} without engine"


def _unanswered(door: Door, probe: Probe, count: int, total: int) -> Finding:
    return Finding(
        "error",
        "probe-unanswered",
        str(probe.entry),
        "status.addresses" if probe.entry.host in door.addresses else "",
        f"{count} of {total} requests got no response: {probe.answer.failure}",
        "clients cannot reach the Gateway at this address",
        f"check that it is the address of {door.ref}, or pass the URL of a kubectl port-forward with --probe-url",
    )


def _different(door: Door, probe: Probe) -> Finding:
    answer = probe.answer
    expected = "a response of the engine" if probe.predicted is None else str(probe.predicted)
    fact = f"a request for {subject_of(probe)} got {answer.status}, but explain predicts {expected}"
    said = _message(answer.text)
    passed = bool(door.implementation.server_header) and answer.server == door.implementation.server_header
    fact += f"; the response is: {said}" if said else ""
    where = str(door.ref) if passed else str(probe.entry)
    return Finding("error", "probe-differs", where, "", fact, f"clients get {answer.status}", _fix(door, probe, passed))


def _fix(door: Door, probe: Probe, passed: bool) -> str:
    server = probe.answer.server
    if probe.answer.status in _KEY:
        return "if clients send an API key, pass --probe-header 'Authorization: Bearer KEY'"
    if passed:
        return f"see the log of the engine, and of the proxies of {door.ref}; the response passed through them"
    named = f" (server: {server})" if server else ""
    known = door.implementation.server_header
    if known:
        return f"see what stands in front of {door.ref}: the response{named} did not pass through it"
    return f"send the request from a pod to {door.ref} itself; if it succeeds, see what stands in front of it{named}"


def _message(text: str) -> str:
    """Return the message of an error, or the begin of another text."""
    try:
        found: Any = json.loads(text)
        found = found.get("error", found)
        text = str(found.get("message") or found.get("detail") or "") if isinstance(found, dict) else str(found)
    except (ValueError, AttributeError, RecursionError):
        pass
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
