"""Plan body-based routing: which component copies model and engine from bodies into headers. Pure, no I/O.

If all Gateways support it, that is the gateway itself, or an external processor if one is requested or needed for
larger bodies. Otherwise clients send the headers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Final

from llmd_routes.errors import Problems
from llmd_routes.gateways import by_name
from llmd_routes.gateways.body_sidecar import plan_processor, processor_problems
from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.bodies import Bodies, Carrier
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment, Backend
from llmd_routes.names import MESSAGE_LIMIT
from llmd_routes.pods.engines import is_strict
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Settings

from .payload_processors import existing_readers, plan_readers

# The default of --buffer-limit, and the space for headers in a message next to the body (bytes).
_MOST_READ: Final = 32 * 1024 * 1024
_BESIDE: Final = 64 * 1024


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
    most = _MOST_READ if streams else most_in_gateway(draft.backends)
    carriers = [by_name(one.implementation).carriers for one in attached]
    alone = any("sidecar" not in each for each in carriers)
    problems.add(*(_unstripped(attached) if options.strip_engine_fields == "always" else ()))
    asks = (_asks(options, most) and not alone) or any("in-gateway" not in each for each in carriers)
    has_pools = any(backend.port is None for backend in draft.backends)
    usual = _MOST_READ if asks or has_pools else MESSAGE_LIMIT - _BESIDE
    limit = _limit(options, sys.maxsize if asks else most, usual, "" if alone else _other(options), problems)
    problems.add(*(processor_problems(limit, options) if asks else ()))
    reason = ", ".join(dict.fromkeys(one.implementation for one in attached))
    return Carrier("sidecar" if asks else "in-gateway", reason, limit)


def plan_bodies(draft: Draft, catalog: Catalog | None, options: Options) -> Iterator[tuple[Attachment, Bodies]]:
    """Yield how bodies are read for each Gateway; with a catalog, the Gateway answers the models list."""
    route_set, limit = draft.route_set, draft.carrier.body_limit
    if limit is None:
        return
    for one in route_set.attachments:
        settings = Settings(
            hosts=route_set.hostnames or _hosts(one),
            prefixes=route_set.prefixes,
            body_limit=limit,
            keep_query=options.keep_query,
            strip_engine_fields=by_name(one.implementation).strips and _strips(draft.backends, options),
            splits=draft.splits,
        )
        processor = None
        if draft.carrier.kind == "sidecar":
            callers = (one.ref.namespace or "",) if by_name(one.implementation).beside_gateway else ()
            processor = plan_processor(one, route_set, limit, options, callers)
        yield one, Bodies(settings, options.extract_after_auth, catalog, processor)


def _why_unread(attached: Sequence[Attachment], options: Options) -> str | None:
    """Return why no component can read bodies for all Gateways, or None if one can."""
    if options.body_to_header == "none":
        return "with --body-to-header none"
    by_carriers = {one.implementation: by_name(one.implementation).carriers for one in attached}
    unable = [name for name, carriers in by_carriers.items() if not carriers]
    asking = [name for name, carriers in by_carriers.items() if carriers and "in-gateway" not in carriers]
    alone = [name for name, carriers in by_carriers.items() if carriers and "sidecar" not in carriers]
    if unable:
        return f"on {', '.join(unable)}"
    if asking and alone:
        return f"by one component for both {', '.join(asking)} and {', '.join(alone)}"
    if asking and options.image is None and options.body_to_header != "ext-proc":
        return f"on {', '.join(asking)} without an external processor (--image IMAGE)"
    return None


def _missing(attached: Sequence[Attachment], options: Options) -> Iterator[str]:
    """Yield an error for each Gateway on which the requested component cannot read bodies."""
    wanted = {"in-gateway": "in-gateway", "ext-proc": "sidecar"}.get(options.body_to_header)
    for one in attached if wanted else ():
        carriers = by_name(one.implementation).carriers
        said = f"--body-to-header {options.body_to_header}: {one.ref}"
        if not carriers:
            fact = f"request bodies are not inspected on {one.implementation}"
            yield f"{said}: {fact}; remove the option, and send both headers from clients"
        elif wanted not in carriers:
            how = "itself, and calls no external processor" if wanted == "sidecar" else "by an external processor only"
            yield f"{said}: {one.implementation} reads request bodies {how}; remove the option"


def _unstripped(attached: Sequence[Attachment]) -> Iterator[str]:
    for one in attached:
        if not by_name(one.implementation).strips:
            fact = f"{one.implementation} does not change request bodies"
            yield f"--strip-engine-fields always: {one.ref}: {fact}; remove the option, and name engines in x-owned-by"


def most_in_gateway(backends: Sequence[Backend]) -> int:
    """Return the largest body that a filter in the gateway can read, in bytes.

    The body reaches the endpoint picker as one gRPC message; a picker that is not in the input is assumed to have
    gRPC's default limit. Services have no such limit.
    """
    if backends and all(backend.port is not None for backend in backends):
        return _MOST_READ
    limits = [b.epp.message_limit if b.epp else MESSAGE_LIMIT for b in backends if b.port is None]
    return max(min(limits, default=MESSAGE_LIMIT) - _BESIDE, 1)


def _asks(options: Options, most: int) -> bool:
    """Return whether the gateway calls a processor: as configured, or because a filter reads only `most` bytes."""
    if options.body_to_header != "auto":
        return options.body_to_header == "ext-proc"
    return options.body_limit is not None and options.body_limit.amount > most and options.image is not None


def _strips(backends: Sequence[Backend], options: Options) -> bool:
    """Return whether engine fields are removed from bodies: as configured, or because an engine rejects unknown fields.

    The engine of a request is known only after routing, so the fields are removed for all engines.
    """
    if options.strip_engine_fields != "auto":
        return options.strip_engine_fields == "always"
    return any(is_strict(backend.keyed.service.engine) for backend in backends)


def _limit(options: Options, most: int, usual: int, other: str, problems: Problems) -> int:
    """Return the largest body to read, in bytes: at most `most`, and `usual` without the option.

    `other` is what reads larger bodies, as part of a fix; empty for nothing.
    """
    size = options.body_limit
    if size is None:
        return min(most, usual)
    if size.amount > most:
        fact = f"endpoint pickers accept at most {most} bytes from a filter of the gateway"
        if most == _MOST_READ:
            fact = f"a filter of the gateway reads at most {most} bytes"
        problems.add(f"--buffer-limit {size.word}: {fact}; use a smaller limit{other}")
        return most
    return size.amount


def _other(options: Options) -> str:
    """Return what reads larger bodies than a filter of the gateway, as part of a fix."""
    if options.body_to_header == "in-gateway":
        return ", or --body-to-header ext-proc, which streams bodies"
    return ", remove the option, or pass --image IMAGE for an external processor, which streams bodies"


def _hosts(one: Attachment) -> tuple[str, ...]:
    return (one.listener.hostname,) if one.listener and one.listener.hostname else ()
