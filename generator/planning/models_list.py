"""Choose what answers the models list and requests that no engine serves. Pure, no I/O.

With an image a server of ours does; else the gateway where it reads bodies itself, from what is known when that is
generated; else nobody does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from llmd_routes.errors import Problems
from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.gateways.lua import entries
from llmd_routes.kube.objects import ServicePort
from llmd_routes.model.bodies import Carrier
from llmd_routes.model.endpoint import Endpoint
from llmd_routes.model.inventory import ModelService
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Backend
from llmd_routes_sidecar.catalog import Catalog, Model, Pods, Service

from .engine_access import access_problems, access_to
from .models_server import place_of, plan_aggregator

_REMEDY: Final = "pass --image IMAGE for a models server"


def plan_endpoint(draft: Draft, options: Options, problems: Problems) -> Endpoint:
    """Return the component that serves the models list, and add problems of its options."""
    asked = options.models_endpoint
    catalog = Catalog(
        services=tuple(_service(backend, draft, options) for backend in (*draft.backends, *draft.removed))
    )
    problems.add(*access_problems(options))
    if is_served(options):
        return _served(draft, catalog, options, problems)
    reason = "--models-endpoint none" if asked == "none" else _unable(draft, catalog)
    if asked == "static" and reason is not None:
        problems.add(f"--models-endpoint static: {reason}; remove the option, or {_REMEDY}")
    problems.add(*_excluded(options, draft.carrier))
    if reason is None:
        return Endpoint("static", catalog=catalog, catch_all=not options.no_catch_all)
    return Endpoint(reason=reason if asked == "none" else f"{reason}; {_REMEDY}")


def is_served(options: Options) -> bool:
    """Return whether an emitted or existing models server returns the list."""
    asked, named = options.models_endpoint, (options.image or options.models_service) is not None
    return asked == "server" or (asked == "auto" and named)


def is_made(draft: Draft, options: Options) -> bool:
    """Return whether a models server is emitted; --image alone may apply to the external service only."""
    alone = options.models_service is None or draft.carrier.protocol is None
    return is_served(options) and options.image is not None and alone


def _served(draft: Draft, catalog: Catalog, options: Options, problems: Problems) -> Endpoint:
    """Return the emitted or existing models server, and add problems of its options."""
    if options.image is None and options.models_service is None:
        fact = "requires an image, and none is published"
        remedy = "pass --image IMAGE, or --models-service NAME:PORT for an existing server"
        problems.add(f"--models-endpoint server: {fact}; {remedy}")
        return Endpoint()
    if options.image is not None and options.models_service is not None and draft.carrier.protocol is None:
        problems.add("--models-service and --image: mutually exclusive; remove one of them")
        return Endpoint()
    if not draft.route_set.attachments or not draft.backends:
        return Endpoint()  # the missing object is already reported
    catch_all = not options.no_catch_all
    if options.models_service is not None:
        there = options.models_service
        service = ServicePort(there.namespace or place_of(draft), there.name, there.port)
        return Endpoint("aggregator", catalog=catalog, catch_all=catch_all, service=service)
    server = plan_aggregator(draft, catalog, options)
    return Endpoint("aggregator", "", catalog, catch_all, server.service, server)


def _unable(draft: Draft, catalog: Catalog) -> str | None:
    """Return why the gateway itself cannot return the list, or None if it can."""
    carrier = draft.carrier
    if carrier.kind == "none":
        return f"the gateway answers it only if its filter reads requests, and no filter does {carrier.reason}"
    if carrier.protocol is not None:
        return "the gateway answers it only if its filter reads requests, and an external service reads them"
    if not draft.rule_names and any(by_name(one.implementation).answers_by_rule for one in draft.route_set.attachments):
        return "the gateway answers it by a named rule, and the HTTPRoute CRD has no names (Gateway API v1.4 has)"
    held = sum(len(entry.encode()) for entry in entries(catalog))
    most = min((by_name(one.implementation).list_bytes for one in draft.route_set.attachments), default=held)
    if held > most:
        return f"its {len(catalog.entries)} entries are {held} bytes, and a filter can hold {most}"
    return None


def _service(backend: Backend, draft: Draft, options: Options) -> Service:
    one = backend.keyed
    pool = backend.planned or backend.there if backend.port is None else one.service
    pods = None
    if pool is not None and pool.selector and pool.ports:
        pods = Pods(
            namespace=backend.target.namespace,
            selector=dict(pool.selector),
            ports=pool.ports,
            scheme=one.service.scheme,
            access=access_to(one.owner, one.service.scheme, options),
        )
    models = [
        Model(
            id=model,
            is_default=draft.defaults.get(model) == one.owner and model not in draft.splits,
            served_as=one.service.rewrites.get(model) or None,
        )
        for model in one.models
    ]
    service = Service(owned_by=one.owner, models=tuple(models), pool=backend.target.name, pods=pods)
    return service.model_copy(update=_changeable(one.service)) if options.admin_settings else service


def _changeable(service: ModelService) -> dict[str, Any]:
    """Return what identifies a service in the settings, and the names that these add and remove."""
    removed = tuple(name for name in service.names if name in service.removed_models)
    return {
        "keys": tuple(f"{ref.namespace}/{ref.kind}/{ref.name}" for ref in service.workloads),
        "added": service.added_models or None,
        "removed": removed or None,
    }


def _excluded(options: Options, carrier: Carrier) -> Iterator[str]:
    """Yield an error for each option of a models server if none is used."""
    said = f"and --models-endpoint is {options.models_endpoint}; remove one of them"
    if options.models_service is not None:
        yield f"--models-service: an existing models server, {said}"
    if options.image is not None and carrier.protocol is None:
        yield f"--image: the image of the models server, {said}"
