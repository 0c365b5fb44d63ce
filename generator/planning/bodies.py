"""Chooses what copies the model and the engine of a request from its body into headers, and plans it. Pure, no I/O.

On istio that is a filter of the gateway itself, or pods that it asks, where it was asked for or larger bodies are to be
read; elsewhere nothing does yet, and clients send the headers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from llmd_routes.gateways import by_name
from llmd_routes.gateways.body_sidecar import plan_processor, processor_problems
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import EnvoyFilter, Version
from llmd_routes.model.naming import route_name
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment, Backend, Carrier, PlannedFilter
from llmd_routes.names import MESSAGE_LIMIT
from llmd_routes.pods.engines import is_strict
from llmd_routes.quantities import size_of
from llmd_routes_sidecar.extraction import Settings

# What is read unless --body-limit says otherwise, and the room that headers have in a message beside the body (bytes).
_MOST_READ: Final = 32 * 1024 * 1024
_BESIDE: Final = 64 * 1024
# Before it, targetRefs selected every Gateway of the namespace (istio#56417).
_TARGET_REFS: Final = Version(1, 27)


def plan_carrier(
    attached: Sequence[Attachment], found: Sequence[Backend], options: Options, prefixes: Sequence[str], instance: str
) -> tuple[Carrier, list[str]]:
    """Return the carrier for all Gateways, which share their routes, and what is wrong with what was asked of it.

    What it draws from is not known yet: `Carrier.drawing`.
    """
    unable = [one for one in attached if not by_name(one.implementation).carriers]
    if options.body_to_header == "none" or unable:
        where = ", ".join(dict.fromkeys(one.implementation for one in unable))
        reason = "as asked" if options.body_to_header == "none" else f"on {where} yet"
        return Carrier(reason=reason), [*_missing(unable, options), *_pointless(options, reason)]
    most = most_in_gateway(found)
    asks = _asks(options, most)
    limit, problems = _limit(options, None if asks else most)
    problems += processor_problems(limit, options) if asks else _unasked(options)
    settings = [
        Settings(
            hosts=options.hostnames or _hosts(one),
            prefixes=tuple(prefixes),
            body_limit=limit,
            keep_query=options.keep_query,
            strip_engine_fields=_strips(found, options),
        )
        for one in attached
    ]
    filters = [
        PlannedFilter(
            ref=Ref(one.ref.namespace, "EnvoyFilter", route_name(instance, number)),
            gateway=one.ref.name,
            settings=setting,
            by_label=_is_before(one, _TARGET_REFS),
            after_auth=options.extract_after_auth,
            processor=plan_processor(one, number, limit, instance, options) if asks else None,
        )
        for number, (one, setting) in enumerate(zip(attached, settings, strict=True), start=1)
    ]
    return Carrier("sidecar" if asks else "in-gateway", "istio", tuple(filters)), problems


def taken(attached: Sequence[Attachment], carrier: Carrier, there: Sequence[EnvoyFilter], instance: str) -> list[str]:
    """Return a line for each EnvoyFilter that stands in the way: of another set of routes, or of somebody else."""
    ours = {one.ref for one in carrier.filters}
    problems = []
    for one in (one for one in there if one.instance != instance):
        gateways = [each.ref for each in attached if each.ref.namespace == one.ref.namespace]
        met = [ref for ref in gateways if ref.name in one.gateways]
        if one.instance is not None and met:
            fact = f"reads the requests of {met[0]} already, for instance {one.instance}"
            problems.append(f"{one.ref}: {fact}; generate both sets of routes as one, or use a Gateway for each")
        elif one.ref in ours:
            fact = "is there already and is not of this set of routes"
            problems.append(f"{one.ref}: {fact}; give another --instance")
    return problems


def _missing(unable: Sequence[Attachment], options: Options) -> Iterator[str]:
    if options.body_to_header in ("in-gateway", "sidecar"):
        for one in unable:
            fact = f"nothing reads bodies for a Gateway of {one.implementation} yet"
            said = f"--body-to-header {options.body_to_header}"
            yield f"{said}: {one.ref}: {fact}; leave it out, and let clients send the headers"


def _pointless(options: Options, reason: str) -> Iterator[str]:
    given = {
        "--body-limit": options.body_limit is not None,
        "--held-limit": options.held_limit is not None,
        "--extract-after-auth": options.extract_after_auth,
        "--keep-query": options.keep_query,
        "--strip-engine-fields": options.strip_engine_fields == "always",
    }
    for option, is_given in given.items():
        if is_given:
            yield f"{option}: is about requests that are read, and nothing reads them {reason}; leave it out"


def most_in_gateway(found: Sequence[Backend]) -> int:
    """Return the largest body that a filter of the gateway can read, in bytes.

    It reaches the endpoint picker as one gRPC message; one that is not in the input is taken to have gRPC's own limit.
    """
    limits = [backend.epp.message_limit if backend.epp else MESSAGE_LIMIT for backend in found]
    return max(min(limits, default=MESSAGE_LIMIT) - _BESIDE, 1)


def _asks(options: Options, most: int) -> bool:
    """Return whether the gateway asks pods: as told, or because a filter reads `most` bytes and more are wanted."""
    if options.body_to_header != "auto":
        return options.body_to_header == "sidecar"
    wanted = size_of(options.body_limit) if options.body_limit else None
    return wanted is not None and wanted > most and options.image is not None


def _strips(found: Sequence[Backend], options: Options) -> bool:
    """Return whether bodies lose what they say of engines: as told, or because an engine refuses what it does not know.

    Which engine a request reaches is known only once its route is; all lose it.
    """
    if options.strip_engine_fields != "auto":
        return options.strip_engine_fields == "always"
    return any(is_strict(backend.keyed.service.engine) for backend in found)


def _unasked(options: Options) -> list[str]:
    if options.held_limit is None:
        return []
    return ["--held-limit: is about a sidecar that reads bodies; give --body-to-header sidecar too, or leave it out"]


def _limit(options: Options, most: int | None) -> tuple[int, list[str]]:
    """Return the largest body that is read, in bytes; `most` is what can be, None for any."""
    usual = _MOST_READ if most is None else min(most, _MOST_READ)
    if options.body_limit is None:
        return usual, []
    size = size_of(options.body_limit)
    if size is None:
        return usual, [f"--body-limit {options.body_limit}: no size; give one in bytes, or such as 512Ki or 2Mi"]
    if most is not None and size > most:
        fact = f"endpoint pickers take {most} bytes at most from a filter of the gateway"
        asked = options.body_to_header == "in-gateway"
        other = "or --body-to-header sidecar" if asked else "leave it out, or give --image IMAGE for a sidecar"
        remedy = f"give that or less, {other}, which passes them in pieces"
        return most, [f"--body-limit {options.body_limit}: {fact}; {remedy}"]
    return size, []


def _hosts(one: Attachment) -> tuple[str, ...]:
    return (one.listener.hostname,) if one.listener and one.listener.hostname else ()


def _is_before(one: Attachment, first: Version) -> bool:
    release = one.gateway.istio_version if one.gateway else None
    return release is not None and release < first
