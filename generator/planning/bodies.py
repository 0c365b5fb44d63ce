"""Plan body-based routing: which component copies model and engine from bodies into headers. Pure, no I/O.

If all Gateways support it, that is the gateway itself, or an external processor if one is requested or needed for
larger bodies. Otherwise clients send the headers.
"""

from __future__ import annotations

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

# The default of --buffer-limit, and the space for headers in a message next to the body (bytes).
_MOST_READ: Final = 32 * 1024 * 1024
_BESIDE: Final = 64 * 1024


def plan_carrier(draft: Draft, options: Options, problems: Problems) -> Carrier:
    """Return the component for all Gateways, which share their routes; adds a problem for each invalid option."""
    attached = draft.route_set.attachments
    unable = [one for one in attached if not by_name(one.implementation).carriers]
    if options.body_to_header == "none" or unable:
        where = ", ".join(dict.fromkeys(one.implementation for one in unable))
        reason = "with --body-to-header none" if options.body_to_header == "none" else f"on {where}"
        problems.add(*_missing(unable, options))
        return Carrier(reason=reason)
    most = most_in_gateway(draft.backends)
    asks = _asks(options, most)
    limit = _limit(options, None if asks else most, problems)
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
            strip_engine_fields=_strips(draft.backends, options),
            splits=draft.splits,
        )
        asked = plan_processor(one, route_set, limit, options) if draft.carrier.kind == "sidecar" else None
        yield one, Bodies(settings, options.extract_after_auth, catalog, asked)


def _missing(unable: Sequence[Attachment], options: Options) -> Iterator[str]:
    if options.body_to_header in ("in-gateway", "ext-proc"):
        for one in unable:
            fact = f"request bodies are not inspected on {one.implementation}"
            said = f"--body-to-header {options.body_to_header}"
            yield f"{said}: {one.ref}: {fact}; remove the option, and send both headers from clients"


def most_in_gateway(backends: Sequence[Backend]) -> int:
    """Return the largest body that a filter in the gateway can read, in bytes.

    The body reaches the endpoint picker as one gRPC message; a picker that is not in the input is assumed to have
    gRPC's default limit.
    """
    limits = [backend.epp.message_limit if backend.epp else MESSAGE_LIMIT for backend in backends]
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


def _limit(options: Options, most: int | None, problems: Problems) -> int:
    """Return the largest body to read, in bytes; `most` is the maximum, None for no maximum."""
    size = options.body_limit
    if size is None:
        return _MOST_READ if most is None else min(most, _MOST_READ)
    if most is not None and size.amount > most:
        fact = f"endpoint pickers accept at most {most} bytes from a filter of the gateway"
        asked = options.body_to_header == "in-gateway"
        other = (
            "or --body-to-header ext-proc"
            if asked
            else "remove the option, or pass --image IMAGE for an external processor"
        )
        remedy = f"use a smaller limit, {other}, which streams bodies"
        problems.add(f"--buffer-limit {size.word}: {fact}; {remedy}")
        return most
    return size.amount


def _hosts(one: Attachment) -> tuple[str, ...]:
    return (one.listener.hostname,) if one.listener and one.listener.hostname else ()
