"""Chooses who answers the list of models, and requests that no engine serves, and with what. Pure, no I/O.

With an image a server of ours does; else on istio the filter of the gateway, from what is known when it is made; else
nobody does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from llmd_routes_sidecar.catalog import Catalog, Model, Pods, Service

from .aggregator import plan_aggregator
from .attach import Attachment
from .extractor import entries
from .options import Options
from .planned import Backend, Carrier, Endpoint
from .splits import Splits

# What a filter holds of a list, in bytes: the program is part of the gateway's configuration.
MOST_HELD: Final = 64 * 1024


def plan_endpoint(
    attached: Sequence[Attachment],
    carrier: Carrier,
    found: Sequence[Backend],
    defaults: Mapping[str, str],
    spread: Splits,
    instance: str,
    prefixes: Sequence[str],
    options: Options,
) -> tuple[Endpoint, list[str]]:
    """Return who answers, and what is wrong with what was asked of it."""
    asked, image = options.models_endpoint, options.image
    catalog = _catalog(found, defaults, spread)
    if asked == "aggregator" or (asked == "auto" and image is not None):
        if image is None:
            return Endpoint(), [
                "--models-endpoint aggregator: needs an image, and none is published; give --image IMAGE"
            ]
        namespaces = [backend.pool.namespace for backend in found]
        if not attached or not namespaces:
            return Endpoint(), []  # what is missing is told already
        limit = carrier.filters[0].settings.body_limit if carrier.filters else None
        server = plan_aggregator(attached, catalog, namespaces, instance, image, prefixes, limit)
        return Endpoint("aggregator", catalog=catalog, catch_all=not options.no_catch_all, aggregator=server), []
    reason, problems = _unable(carrier, catalog, asked)
    problems += _pointless(options, asked, reason is None)
    if reason is None:
        return Endpoint("static", catalog=catalog, catch_all=not options.no_catch_all), problems
    return Endpoint(reason=reason), problems


def _unable(carrier: Carrier, catalog: Catalog, asked: str) -> tuple[str | None, list[str]]:
    """Return why the gateway itself does not answer, and that as a problem where it was asked to."""
    if asked == "none":
        return "as asked", []
    held = sum(len(entry.encode()) for entry in entries(catalog))
    if carrier.kind == "none":
        reason = f"the gateway can where its filter reads requests, and nothing reads them {carrier.reason}"
    elif held > MOST_HELD:
        reason = f"its {len(catalog.entries)} entries are {held} bytes, and a filter holds {MOST_HELD}"
    else:
        return None, []
    remedy = "give --image IMAGE for a server that does"
    told = [f"--models-endpoint static: {reason}; leave it out, or {remedy}"] if asked == "static" else []
    return f"{reason}; {remedy}", told


def _catalog(found: Sequence[Backend], defaults: Mapping[str, str], spread: Splits) -> Catalog:
    return Catalog(services=tuple(_service(backend, defaults, spread) for backend in found))


def _service(backend: Backend, defaults: Mapping[str, str], spread: Splits) -> Service:
    one, pool = backend.keyed, backend.planned or backend.there
    pods = None
    if pool is not None and pool.selector and pool.ports:
        pods = Pods(
            namespace=pool.ref.namespace,
            pool=pool.ref.name,
            selector=dict(pool.selector),
            ports=pool.ports,
            scheme=one.service.scheme,
        )
    models = [
        Model(id=model, is_default=defaults.get(model) == one.owner and model not in spread) for model in one.models
    ]
    return Service(owned_by=one.owner, models=tuple(models), pods=pods)


def _pointless(options: Options, asked: str, answers: bool) -> list[str]:
    problems = []
    if options.no_catch_all and not answers:
        fact = "is about requests that are answered in place of an engine, and none are"
        problems.append(f"--no-catch-all: {fact}; leave it out")
    if options.image is not None:
        problems.append(f"--image: is that of the server for models, and --models-endpoint is {asked}; leave one out")
    return problems
