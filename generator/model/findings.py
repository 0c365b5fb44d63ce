"""The values of a diagnosis: what is broken, and which paths serve. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llmd_routes.kube.objects import Ref

from .explanation import Destination

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is broken: the object, the `field` that shows it, what clients see (`impact`), and the fix.

    An `error` makes requests fail; a `warning` may. `cause` is a stable name of the kind of problem.
    """

    severity: Severity
    cause: str
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

    The backends of the paths `unread` are not in the input, so nothing is known about them.
    """

    findings: tuple[Finding, ...]
    paths: tuple[ServingPath, ...]
    unread: tuple[ServingPath, ...] = ()
