"""Plan body-based routing: which component copies model and engine from bodies into headers. Pure, no I/O.

Where no component can read bodies for all Gateways, clients send the headers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from llmd_routes.errors import Problems
from llmd_routes.gateways import by_name
from llmd_routes.gateways.body_processor import plan_processor, processor_problems
from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.bodies import Bodies, Carrier, CarrierKind
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment, Backend
from llmd_routes.names import MESSAGE_LIMIT
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Settings

from .carriers import choose, common_carriers, exceeds, strips
from .engine_fields import can_strip
from .payload_processors import existing_readers, plan_readers

# The default of --buffer-limit, and the space for headers in a message next to the body (bytes).
_MOST_READ: Final = 32 * 1024 * 1024
_BESIDE: Final = 64 * 1024
_HOW: Final[Mapping[str, str]] = {
    "in-gateway": "in the gateway",
    "ext-proc": "by an external service over ext-proc",
    "ext-authz": "by an external service over HTTP (ext-authz)",
}


def plan_carrier(draft: Draft, options: Options, problems: Problems) -> Carrier:
    """Return the component for all Gateways, which share their routes; adds a problem for each invalid option."""
    attached = draft.route_set.attachments
    if options.body_to_header == "payload-processor":
        return plan_readers(draft, problems)
    problems.add(*_missing(attached, options))
    reason = _why_unread(attached, options)
    if reason:
        return Carrier(reason=reason, readers=existing_readers(draft))
    streams = all(by_name(one.implementation).streams for one in attached)
    most = _MOST_READ if streams else most_in_one_message(draft.backends)
    kind, reason = choose(draft, options, most)
    problems.add(*(_unstripped(attached, kind) if options.strip_engine_fields == "always" else ()))
    limit = _limit(draft, options, kind, most, problems)
    problems.add(*(processor_problems(limit, options) if kind != "in-gateway" else ()))
    return Carrier(kind, reason, limit)


def plan_bodies(draft: Draft, catalog: Catalog | None, options: Options) -> Iterator[tuple[Attachment, Bodies]]:
    """Yield how bodies are read for each Gateway; with a catalog, the Gateway answers the models list."""
    route_set, limit, kind = draft.route_set, draft.carrier.body_limit, draft.carrier.kind
    if limit is None or kind == "none":
        return
    for one in route_set.attachments:
        settings = Settings(
            hosts=route_set.hostnames or _hosts(one),
            prefixes=route_set.prefixes,
            body_limit=limit,
            keep_query=options.keep_query,
            strip_engine_fields=can_strip(one, kind) and strips(draft.backends, options),
            splits=draft.splits,
        )
        processor = None
        if draft.carrier.protocol is not None:
            callers = (one.ref.namespace or "",) if by_name(one.implementation).beside_gateway else ()
            processor = plan_processor(one, route_set, draft.carrier, options, callers)
        yield one, Bodies(settings, options.extract_after_auth, catalog, processor)


def _why_unread(attached: Sequence[Attachment], options: Options) -> str | None:
    """Return why no component can read bodies for all Gateways, or None if one can."""
    if options.body_to_header == "none":
        return "with --body-to-header none"
    names = list(dict.fromkeys(one.implementation for one in attached))
    unable = [name for name in names if not by_name(name).carriers]
    common = common_carriers(attached)
    if unable:
        return f"on {', '.join(unable)}"
    if not common:
        return f"by one component for both {' and '.join(names)}"
    if options.body_to_header == "auto" and options.image is None and "in-gateway" not in common:
        return f"on {', '.join(names)} without an external service (--image IMAGE)"
    return None


def _missing(attached: Sequence[Attachment], options: Options) -> Iterator[str]:
    """Yield an error for each Gateway on which the requested component cannot read bodies."""
    asked = options.body_to_header
    for one in attached if asked in (*_HOW, "external") else ():
        carriers = by_name(one.implementation).carriers
        said = f"--body-to-header {asked}: {one.ref}"
        if not carriers:
            fact = f"request bodies are not inspected on {one.implementation}"
            yield f"{said}: {fact}; remove the option, and send both headers from clients"
        elif asked not in carriers and (asked != "external" or carriers == ("in-gateway",)):
            how = " or ".join(_HOW[kind] for kind in carriers)
            yield f"{said}: {one.implementation} reads request bodies only {how}; remove the option"


def _unstripped(attached: Sequence[Attachment], kind: CarrierKind) -> Iterator[str]:
    """Yield an error for each Gateway on which the component does not change request bodies."""
    for one in attached:
        if not can_strip(one, kind):
            who = "an external service over HTTP" if kind == "ext-authz" else one.implementation
            fact = f"{who} does not change request bodies"
            other = ", or pass --body-to-header ext-proc" if "ext-proc" in common_carriers(attached) else ""
            fix = f"remove the option, and name engines in x-owned-by{other}"
            yield f"--strip-engine-fields always: {one.ref}: {fact}; {fix}"


def most_in_one_message(backends: Sequence[Backend]) -> int:
    """Return the largest body that the gateway can pass on in one piece, in bytes.

    The body reaches the endpoint picker as one gRPC message; a picker that is not in the input is assumed to have
    gRPC's default limit. Services have no such limit.
    """
    if backends and all(backend.port is not None for backend in backends):
        return _MOST_READ
    limits = [b.epp.message_limit if b.epp else MESSAGE_LIMIT for b in backends if b.port is None]
    return max(min(limits, default=MESSAGE_LIMIT) - _BESIDE, 1)


def _limit(draft: Draft, options: Options, kind: CarrierKind, most: int, problems: Problems) -> int:
    """Return the largest body to read, in bytes: as requested, else what is usual; adds a problem if that is too much.

    `most` is the largest body in one piece.
    """
    has_pools = any(backend.port is None for backend in draft.backends)
    size, streams = options.body_limit, kind == "ext-proc"
    if size is None:
        usual = _MOST_READ if streams or has_pools else MESSAGE_LIMIT - _BESIDE
        return usual if streams else min(most, usual)
    if streams or not exceeds(options, most):
        return size.amount
    fact = f"endpoint pickers accept at most {most} bytes in one message"
    if most == _MOST_READ:
        fact = f"the gateway reads at most {most} bytes in one piece"
    can_stream = "ext-proc" in common_carriers(draft.route_set.attachments)
    problems.add(f"--buffer-limit {size.word}: {fact}; use a smaller limit{_other(options) if can_stream else ''}")
    return most


def _other(options: Options) -> str:
    """Return what reads larger bodies, as part of a fix."""
    if options.body_to_header != "auto":
        return ", or --body-to-header ext-proc, which streams bodies"
    return ", remove the option, or pass --image IMAGE for an external service, which streams bodies"


def _hosts(one: Attachment) -> tuple[str, ...]:
    return (one.listener.hostname,) if one.listener and one.listener.hostname else ()
