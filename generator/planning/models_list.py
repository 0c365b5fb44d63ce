"""Chooses who answers the list of models, and requests that no engine serves, and with what. Pure, no I/O.

With an image a server of ours does; else on istio the filter of the gateway, from what is known when it is made; else
nobody does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from llmd_routes.gateways.istio.lua import entries
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment, Backend, Carrier, Endpoint, ServicePort
from llmd_routes_sidecar.catalog import Catalog, Model, Pods, Service

from .engine_access import access_problems, access_to
from .models_server import place_of, plan_aggregator
from .splits import Splits

# What a filter holds of a list, in bytes: the program is part of the gateway's configuration.
MOST_HELD: Final = 64 * 1024
_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SERVICE: Final = re.compile(rf"((?P<namespace>{_LABEL})/)?(?P<name>{_LABEL}):(?P<port>[0-9]{{1,5}})")


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
    asked = options.models_endpoint
    catalog = _catalog(found, defaults, spread, options)
    serves = asked == "aggregator" or (asked == "auto" and (options.image or options.models_service) is not None)
    makes = options.image is not None and (carrier.kind != "sidecar" or options.models_service is None)
    problems = [*access_problems(options, serves and makes)]
    if serves:
        endpoint, wrong = _served(attached, carrier, found, catalog, instance, prefixes, options)
        return endpoint, [*problems, *wrong]
    reason, wrong = _unable(carrier, catalog, asked)
    problems += [*wrong, *_pointless(options, asked, reason is None, carrier)]
    if reason is None:
        return Endpoint("static", catalog=catalog, catch_all=not options.no_catch_all), problems
    return Endpoint(reason=reason), problems


def _served(
    attached: Sequence[Attachment],
    carrier: Carrier,
    found: Sequence[Backend],
    catalog: Catalog,
    instance: str,
    prefixes: Sequence[str],
    options: Options,
) -> tuple[Endpoint, list[str]]:
    """Return the server that answers, one of ours or one that is there, and what is wrong with what was asked."""
    if options.image is None and options.models_service is None:
        return Endpoint(), [
            "--models-endpoint aggregator: needs an image, and none is published; give --image IMAGE, or"
            " --models-service NAME:PORT for a server that is there"
        ]
    if options.image is not None and options.models_service is not None and carrier.kind != "sidecar":
        return Endpoint(), ["--models-service: is a server that is there, and --image makes one; leave one out"]
    namespaces = [backend.pool.namespace for backend in found]
    if not attached or not namespaces:
        return Endpoint(), []  # what is missing is told already
    catch_all = not options.no_catch_all
    if options.models_service is not None:
        there = _SERVICE.fullmatch(options.models_service)
        if there is None or not 0 < int(there["port"]) < 65536:
            return Endpoint(), [f"--models-service {options.models_service}: no Service; give [NAMESPACE/]NAME:PORT"]
        place = there["namespace"] or place_of(attached, namespaces)
        service = ServicePort(place, there["name"], int(there["port"]))
        return Endpoint("aggregator", catalog=catalog, catch_all=catch_all, service=service), []
    limit = carrier.filters[0].settings.body_limit if carrier.filters else None
    server = plan_aggregator(attached, catalog, namespaces, instance, prefixes, limit, options)
    return Endpoint("aggregator", "", catalog, catch_all, server.service, server), []


def _unable(carrier: Carrier, catalog: Catalog, asked: str) -> tuple[str | None, list[str]]:
    """Return why the gateway itself does not answer, and that as a problem where it was asked to."""
    if asked == "none":
        return "as asked", []
    held = sum(len(entry.encode()) for entry in entries(catalog))
    if carrier.kind == "none":
        reason = f"the gateway can where its filter reads requests, and nothing reads them {carrier.reason}"
    elif carrier.kind == "sidecar":
        reason = "the gateway can where its filter reads requests, and a sidecar reads them"
    elif held > MOST_HELD:
        reason = f"its {len(catalog.entries)} entries are {held} bytes, and a filter holds {MOST_HELD}"
    else:
        return None, []
    remedy = "give --image IMAGE for a server that does"
    told = [f"--models-endpoint static: {reason}; leave it out, or {remedy}"] if asked == "static" else []
    return f"{reason}; {remedy}", told


def _catalog(found: Sequence[Backend], defaults: Mapping[str, str], spread: Splits, options: Options) -> Catalog:
    return Catalog(services=tuple(_service(backend, defaults, spread, options) for backend in found))


def _service(backend: Backend, defaults: Mapping[str, str], spread: Splits, options: Options) -> Service:
    one, pool = backend.keyed, backend.planned or backend.there
    pods = None
    if pool is not None and pool.selector and pool.ports:
        pods = Pods(
            namespace=pool.ref.namespace,
            selector=dict(pool.selector),
            ports=pool.ports,
            scheme=one.service.scheme,
            access=access_to(one.owner, one.service.scheme, options),
        )
    models = [
        Model(id=model, is_default=defaults.get(model) == one.owner and model not in spread) for model in one.models
    ]
    return Service(owned_by=one.owner, models=tuple(models), pool=backend.pool.name, pods=pods)


def _pointless(options: Options, asked: str, answers: bool, carrier: Carrier) -> list[str]:
    problems = []
    if options.no_catch_all and not answers:
        fact = "is about requests that are answered in place of an engine, and none are"
        problems.append(f"--no-catch-all: {fact}; leave it out")
    if options.models_service is not None:
        problems.append(f"--models-service: answers for models, and --models-endpoint is {asked}; leave one out")
    if options.image is not None and carrier.kind != "sidecar":
        problems.append(f"--image: is that of the server for models, and --models-endpoint is {asked}; leave one out")
    return problems
