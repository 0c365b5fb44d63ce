"""Choose the component that copies model and engine from bodies into headers. Pure, no I/O.

All Gateways share their routes, so one component reads bodies for all of them: the gateway itself where it can, else an
external service. A service that is asked over HTTP (ext-authz) costs a fraction of one that is asked by ext-proc, but
gets bodies in one piece, and cannot change them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.bodies import CarrierKind
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment, Backend
from llmd_routes.notices import Notice
from llmd_routes.pods.engines import is_strict
from llmd_routes.problems import problem_of

_EXTERNAL: Final[tuple[CarrierKind, ...]] = ("ext-authz", "ext-proc")
# Why the cheaper service is chosen.
_NO_NEED: Final = "over HTTP, because nothing requires ext-proc"
_KINDS: Final[tuple[CarrierKind, ...]] = ("in-gateway", *_EXTERNAL)


class Choice(NamedTuple):
    """A component, and why it was chosen; empty if it is requested by name, or the default."""

    kind: CarrierKind
    reason: str = ""


def common_carriers(attached: Sequence[Attachment]) -> tuple[CarrierKind, ...]:
    """Return the components that all Gateways support."""
    carriers = [by_name(one.implementation).carriers for one in attached]
    return tuple(kind for kind in _KINDS if all(kind in each for each in carriers))


def choose(draft: Draft, options: Options, most: int) -> Choice:
    """Return the component for Gateways that have one in common; `most` is the longest body in one piece, in bytes.

    A requested component is returned even if a Gateway does not support it, which is an error.
    """
    asked = options.body_to_header
    if asked in _KINDS:
        return Choice(asked)
    common = common_carriers(draft.route_set.attachments)
    if asked == "external" or "in-gateway" not in common:
        return _external(draft, options, most)
    if options.image is None or len(common) == 1:
        return Choice("in-gateway")
    if exceeds(options, most) and "ext-proc" in common:
        return _external(draft, options, most)
    errors = [found for found in _obstacles("in-gateway", draft) if isinstance(found, str)]
    if not errors:
        return Choice("in-gateway")
    choice = _external(draft, options, most)
    return Choice(choice.kind, "; ".join(filter(None, (_fact(errors[0]), choice.reason))))


def strips(backends: Sequence[Backend], options: Options) -> bool:
    """Return whether engine fields are removed from bodies: as configured, or because an engine rejects unknown fields.

    The engine of a request is known only after routing, so the fields are removed for all engines.
    """
    if options.strip_engine_fields != "auto":
        return options.strip_engine_fields == "always"
    return any(is_strict(backend.keyed.service.engine) for backend in backends)


def exceeds(options: Options, most: int) -> bool:
    """Return whether longer bodies are requested than `most`, in bytes."""
    return options.body_limit is not None and options.body_limit.amount > most


def _external(draft: Draft, options: Options, most: int) -> Choice:
    """Return how the external service is asked: over HTTP, unless something requires ext-proc."""
    common = common_carriers(draft.route_set.attachments)
    if "ext-proc" not in common:
        return Choice("ext-authz")
    if "ext-authz" not in common:
        return Choice("ext-proc")
    need = _why_ext_proc(draft, options, most)
    return Choice("ext-proc", f"over ext-proc, because {need}") if need else Choice("ext-authz", _NO_NEED)


def _why_ext_proc(draft: Draft, options: Options, most: int) -> str:
    """Return why the service cannot be asked over HTTP; empty if it can."""
    if exceeds(options, most):
        return f"endpoint pickers accept at most {most} bytes in one message, and longer bodies are requested"
    if strips(draft.backends, options):
        return "fields that name the engine are removed from bodies"
    return next((_fact(found) for found in _obstacles("ext-authz", draft)), "")


def _obstacles(kind: CarrierKind, draft: Draft) -> Iterator[str | Notice]:
    """Yield what prevents or restricts a component on the Gateways as they are installed."""
    for one in draft.route_set.attachments:
        yield from by_name(one.implementation).carrier_limits(kind, one, draft)


def _fact(found: str | Notice) -> str:
    problem = problem_of(found) if isinstance(found, str) else found.problem
    return f"{problem.object} {problem.fact}"
