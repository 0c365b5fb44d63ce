"""The values of a probe: what was sent through a Gateway, and what came back. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from llmd_routes.kube.objects import Ref


@dataclass(frozen=True, slots=True)
class Entry:
    """Where probes are sent: the scheme, host and port of what receives them."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """Return the URL without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a probe: its status, the header `server` and the begin of the body; or why there is none."""

    status: int | None
    server: str = ""
    text: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A request for a model and an engine (None: the default one), with its answer.

    `predicted` is the status that `llmd-routes explain` predicts, None if an engine decides it.
    """

    model: str
    engine: str | None
    entry: Entry
    answer: Answer
    predicted: int | None


@dataclass(frozen=True, slots=True)
class PodPort:
    """A port at which a ready pod of a `pool` should serve; `scheme` is http or https."""

    pool: Ref
    pod: Ref
    port: int
    scheme: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A port of a pod that does not serve, and the reason."""

    port: PodPort
    reason: str
