"""The options of `doctor --probe`, and the requests that it sends: at the end of the pipeline, off by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from llmd_routes.errors import InputError

from .endpoints import parse_header
from .option_groups import Command, section
from .progress import progress
from .stderr import print_lines

if TYPE_CHECKING:
    from llmd_routes.explaining.entrances import Door
    from llmd_routes.explaining.surroundings import Surroundings
    from llmd_routes.explaining.trials import Trial
    from llmd_routes.model.explanation import Explanation
    from llmd_routes.model.probes import Entry, Probe
    from llmd_routes.model.requests import ClientRequest


@dataclass(frozen=True, slots=True)
class Probing:
    """What the options of a probe say: whether it is wanted, where to, and with which additional headers."""

    probe: bool = False
    probe_url: str | None = None
    probe_headers: tuple[str, ...] = ()


def probe_options(command: Command) -> Command:
    """Add the options of a probe; the command receives them as one `Probing`."""

    @wraps(command)
    def with_probing(*given: Any, **named: Any) -> Any:
        probing = Probing(**{field.name: named.pop(field.name) for field in fields(Probing)})
        for text in probing.probe_headers:
            parse_header("--probe-header", text)
        if not probing.probe and (probing.probe_url or probing.probe_headers):
            option = "--probe-url" if probing.probe_url else "--probe-header"
            raise InputError(f"{option}: applies only to --probe; add that option")
        return command(*given, probing=probing, **named)

    return section(
        "Probe",
        click.option(
            "--probe",
            is_flag=True,
            help="Also send one small request for each model and engine through the Gateway; costs a few tokens.",
        ),
        click.option(
            "--probe-url",
            metavar="URL",
            help="The URL of the Gateway.  [default: the address in its status]",
        ),
        click.option(
            "--probe-header",
            "probe_headers",
            multiple=True,
            metavar="'NAME: VALUE'",
            help="A header of these requests, such as an API key; repeatable.",
        ),
    )(with_probing)


def send(probing: Probing, doors: Sequence[Door], around: Surroundings) -> list[tuple[Door, list[Probe]]]:
    """Send a request for each model and engine of the generated routes of Gateways, and return the answers.

    Raises InputError if it is unknown where to send them.
    """
    tried, skipped = _choose(doors, around)
    if skipped:
        print_lines([f"probe: skipped, because the engine generates no text: {', '.join(skipped)}"])
    if probing.probe_url and len(tried) > 1:
        names = ", ".join(f"{door.ref.namespace}/{door.ref.name}" for door, _ in tried)
        raise InputError(f"--probe-url: several Gateways have generated routes; pass --gateway with one of {names}")
    if not tried and not skipped:
        print_lines(["probe: no generated route names a model, so no request is sent"])
    entries = [[_entry(probing, door, trial) for trial, _ in trials] for door, trials in tried]
    headers = [parse_header("--probe-header", text) for text in probing.probe_headers]
    return [(door, _probes(trials, places, headers)) for (door, trials), places in zip(tried, entries, strict=True)]


def _choose(
    doors: Sequence[Door], around: Surroundings
) -> tuple[list[tuple[Door, list[tuple[Trial, Explanation]]]], list[str]]:
    """Return the requests with their predictions by Gateway, and the subjects of those that cannot succeed."""
    from llmd_routes.diagnosing.probes import generates_text
    from llmd_routes.explaining.trials import predict_trials

    tried, skipped = [], []
    for door in doors:
        able = []
        for trial, explanation in predict_trials(door, around):
            if generates_text(trial, around):
                able.append((trial, explanation))
            else:
                skipped.append(trial.subject)
        tried += [(door, able)] if able else []
    return tried, skipped


def _probes(
    trials: Sequence[tuple[Trial, Explanation]], entries: Sequence[Entry], headers: Sequence[tuple[str, str]]
) -> list[Probe]:
    """Send the requests for one Gateway."""
    from llmd_routes.model.probes import Probe
    from llmd_routes.reading.probe import send_probes

    probes = []
    for entry in dict.fromkeys(entries):
        there = [pair for pair, place in zip(trials, entries, strict=True) if place == entry]
        print_lines([f"probe: sends {len(there)} requests to {entry}; each engine generates at most one token"])
        with progress("probing"):
            answers = send_probes(entry, [_addressed(explanation.request, entry) for _, explanation in there], headers)
        for (trial, explanation), answer in zip(there, answers, strict=True):
            probes.append(Probe(trial.model, trial.engine, entry, answer, explanation.outcome.status))
    return probes


def _addressed(request: ClientRequest, entry: Entry) -> ClientRequest:
    """Return a request with the host of the address, if any host will do."""
    from llmd_routes.explaining.trials import ANY_HOST

    head = request.head
    return replace(request, head=replace(head, host=entry.host)) if head.host == ANY_HOST else request


def _entry(probing: Probing, door: Door, trial: Trial) -> Entry:
    """Return where to send a request: to the given URL, else to the Gateway's address and the listener's port."""
    from llmd_routes.model.probes import Entry

    if probing.probe_url:
        return _entry_of(probing.probe_url)
    if not door.addresses:
        raise InputError(f"--probe: the status of {door.ref} has no address; pass --probe-url")
    return Entry(trial.request.scheme, door.addresses[0], trial.request.port)


def _entry_of(url: str) -> Entry:
    from llmd_routes.model.probes import Entry

    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        raise InputError(f"--probe-url {url}: invalid URL; use http://HOST[:PORT] or https://HOST[:PORT]") from None
    if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.username:
        raise InputError(f"--probe-url {url}: invalid URL; use http://HOST[:PORT] or https://HOST[:PORT]")
    return Entry(parts.scheme, parts.hostname, port)
