"""Chooses what copies the model and the engine of a request from its body into headers, and plans it. Pure, no I/O.

On istio that is a filter of the gateway itself; elsewhere nothing does yet, and clients send the headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from llmd_routes_sidecar.extraction import Settings

from .attach import Attachment
from .implementations import ISTIO
from .inventory import EnvoyFilter, Version
from .names import MESSAGE_LIMIT
from .objects import Ref
from .options import Options
from .planned import Backend, Carrier, PlannedFilter
from .rules import route_name

# What is read unless --body-limit says otherwise, and the room that headers have in a message beside the body (bytes).
_MOST_READ: Final = 32 * 1024 * 1024
_BESIDE: Final = 64 * 1024
_SIZE: Final = re.compile(r"([0-9]{1,15})(Ki|Mi|Gi)?")
_UNITS: Final = {None: 1, "Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}
# Before it, targetRefs selected every Gateway of the namespace (istio#56417).
_TARGET_REFS: Final = Version(1, 27)


def plan_carrier(
    attached: Sequence[Attachment], found: Sequence[Backend], options: Options, prefixes: Sequence[str], instance: str
) -> tuple[Carrier, list[str]]:
    """Return the carrier for all Gateways, which share their routes, and what is wrong with what was asked of it.

    What it draws from is not known yet: `Carrier.drawing`.
    """
    unable = [one for one in attached if one.implementation != ISTIO]
    if options.body_to_header == "none" or unable:
        where = ", ".join(dict.fromkeys(one.implementation for one in unable))
        reason = "as asked" if options.body_to_header == "none" else f"on {where} yet"
        return Carrier(reason=reason), [*_missing(unable, options), *_pointless(options, reason)]
    limit, problems = _limit(options, most_in_gateway(found))
    settings = [
        Settings(
            hosts=options.hostnames or _hosts(one),
            prefixes=tuple(prefixes),
            body_limit=limit,
            keep_query=options.keep_query,
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
        )
        for number, (one, setting) in enumerate(zip(attached, settings, strict=True), start=1)
    ]
    return Carrier("in-gateway", "istio", tuple(filters)), problems


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
    if options.body_to_header == "in-gateway":
        for one in unable:
            fact = f"nothing reads bodies in a Gateway of {one.implementation} yet"
            yield f"--body-to-header in-gateway: {one.ref}: {fact}; leave it out, and let clients send the headers"


def _pointless(options: Options, reason: str) -> Iterator[str]:
    given = {
        "--body-limit": options.body_limit is not None,
        "--extract-after-auth": options.extract_after_auth,
        "--keep-query": options.keep_query,
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


def _limit(options: Options, most: int) -> tuple[int, list[str]]:
    """Return the largest body that is read, in bytes."""
    if options.body_limit is None:
        return min(most, _MOST_READ), []
    found = _SIZE.fullmatch(options.body_limit)
    size = int(found[1]) * _UNITS[found[2]] if found else 0
    if size < 1:
        return most, [f"--body-limit {options.body_limit}: no size; give one in bytes, or such as 512Ki or 2Mi"]
    if size > most:
        fact = f"endpoint pickers take {most} bytes at most from a filter of the gateway"
        return most, [f"--body-limit {options.body_limit}: {fact}; give that or less, or leave it out"]
    return size, []


def _hosts(one: Attachment) -> tuple[str, ...]:
    return (one.listener.hostname,) if one.listener and one.listener.hostname else ()


def _is_before(one: Attachment, first: Version) -> bool:
    release = one.gateway.istio_version if one.gateway else None
    return release is not None and release < first
