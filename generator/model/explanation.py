"""The values of an explanation: where a request goes, and why. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from llmd_routes.kube.objects import Ref

from .body_readings import BodyReading
from .requests import ClientRequest


class SetHeader(NamedTuple):
    """A header that body-based routing sets, or removes (None), and the part of the request that it comes from."""

    name: str
    value: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match of a rule, both counted from 1, as one text; `mismatch` is why it does not match the request.

    `lost_by` is the step of the precedence by which the winner comes before it, None for the winner.
    """

    route: Ref
    rule: int
    match: int
    shown: str
    mismatch: str | None = None
    lost_by: str | None = None


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods by name, and how many of them are ready; without pods in the input, the `workloads` that create them.

    `is_known` is whether the list is complete: pods were read, or the whole namespace was.
    """

    names: tuple[str, ...] = ()
    ready: int = 0
    workloads: tuple[Ref, ...] = ()
    is_known: bool = False

    @property
    def are_unavailable(self) -> bool:
        """Return whether it is known that no pod is ready."""
        return self.is_known and not self.ready


@dataclass(frozen=True, slots=True)
class Destination:
    """A backend of the winning rule with its share of the requests (weight).

    An InferencePool has a `picker` (its Service), with the pods of both, and a `failure_mode`. `fault` is why the
    gateway cannot use the backend. `models` are those that the engines behind it serve, None if that is unknown.
    """

    backend: Ref
    port: str
    weight: int
    picker: Ref | None = None
    picker_pods: Pods = Pods()
    pods: Pods = Pods()
    failure_mode: str = ""
    models: tuple[str, ...] | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the client gets: from whom, and the status, None if an engine decides it; `fix` changes a failure."""

    status: int | None
    by: str
    reason: str
    fix: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Entrance:
    """What receives a request: a Gateway (or the Service of an emitted Envoy), and the listeners on the port."""

    ref: Ref
    implementation: str | None
    listeners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a request goes. Candidates are in order of precedence, those that do not match last.

    `path` is the path after body-based routing, `rewritten` the one that the backend receives. `doubts` are reasons why
    the prediction may be wrong.
    """

    request: ClientRequest
    entrance: Entrance
    reading: BodyReading | None
    headers: tuple[SetHeader, ...]
    path: str
    candidates: tuple[Candidate, ...]
    winner: Candidate | None
    rewritten: str | None
    destinations: tuple[Destination, ...]
    outcome: Outcome
    doubts: tuple[str, ...] = ()
