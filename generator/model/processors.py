"""Values for existing payload processors, which copy fields of bodies into headers. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from llmd_routes.kube.objects import Ref


@dataclass(frozen=True, slots=True)
class PayloadProcessor:
    """A payload processor of llm-d, or the body-based router from which it originates; `services` select its pods.

    `headers` maps the fields of bodies to the headers that it sets, in lower case; None if they are unknown. `setting`
    is where they are configured, as part of a fix.
    """

    workload: Ref
    services: tuple[Ref, ...]
    headers: Mapping[str, str] | None
    setting: str


class Reader(NamedTuple):
    """An existing policy that makes a Gateway read the model of bodies, and the processor that it calls, if any.

    `reads_engine` is whether it also reads the engine, None if its configuration is unknown.
    """

    policy: Ref
    workload: Ref | None
    reads_engine: bool | None
