"""The values of a diagnosis: what is broken, and which paths serve. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llmd_routes.kube.objects import Ref
from llmd_routes.notices import Code

from .explanation import Destination
from .probes import Probe

Severity = Literal["error", "warning"]
# What only `doctor` finds, in the order of a request; docs/reference/findings.md explains each one.
Cause = Literal[
    "no-status",
    "pending",
    "condition",
    "stale-status",
    "component",
    "old-proxy",
    "gateways-in-a-row",
    "no-route",
    "generate-fails",
    "unreachable-rule",
    "body-limit",
    "pool-after-route",
    "backend",
    "picker-unavailable",
    "pods",
    "not-serving",
    "bypass",
    "probe-unanswered",
    "probe-differs",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is broken: the object, the `field` that shows it, what clients see (`impact`), and the fix.

    An `error` makes requests fail; a `warning` may. `cause` is a stable name of the kind of problem: one of the causes
    above, or the code of a notice.
    """

    severity: Severity
    cause: Cause | Code
    object: str
    field: str
    fact: str
    impact: str
    fix: str


@dataclass(frozen=True, slots=True)
class ServingPath:
    """A way from a Gateway through a rule (counted from 1) to a backend."""

    gateway: Ref
    route: Ref
    rule: int
    destination: Destination


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The findings, root causes first, and the paths that nothing is wrong with, by Gateway, route and rule.

    The backends of the paths `unread` are not in the input, so nothing is known about them. `probes` are the requests
    that were sent through the Gateways.
    """

    findings: tuple[Finding, ...]
    paths: tuple[ServingPath, ...]
    unread: tuple[ServingPath, ...] = ()
    probes: tuple[Probe, ...] = ()
