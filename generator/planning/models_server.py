"""Plan the models server: where it runs, and the catalog files that it reads. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Ref
from llmd_routes.model.endpoint import Aggregator
from llmd_routes.model.naming import service_name
from llmd_routes.model.options import Options
from llmd_routes_sidecar.catalog import Catalog, Model, Service

from .engine_access import mounted
from .listeners import refusals, unproven
from .route_set import callers_of

# kubectl apply also stores a ConfigMap in one of its annotations, which may have 256 KiB.
MOST_IN_FILE: Final = 200 * 1024
_START: Final = "models-"


def plan_aggregator(draft: Draft, catalog: Catalog, options: Options) -> Aggregator:
    """Return the models server for a catalog.

    It runs next to the first Gateway, or next to the first pool if that Gateway rejects routes of its own namespace.
    """
    route_set = draft.route_set
    return Aggregator(
        ref=Ref(place_of(draft), "Deployment", service_name(_START, route_set.instance)),
        image=options.image or "",
        prefixes=route_set.prefixes,
        body_limit=draft.carrier.body_limit,
        files=tuple(_files(catalog)),
        gateways=callers_of(route_set),
        watched=tuple(sorted({one.pods.namespace for one in catalog.services if one.pods is not None})),
        secrets=mounted(options),
        admin=options.admin_token_secret,
        settings=options.admin_settings,
        origins=options.cors_origins,
        scrapers=options.metrics_namespaces,
    )


def place_of(draft: Draft) -> str:
    """Return the namespace of the routes to the models server."""
    first = draft.route_set.attachments[0]
    home = first.ref.namespace
    if first.gateway is None or first.listener is None:
        return home
    lacking = refusals(first.gateway, first.listener, {home: None}, ()) or unproven(
        first.gateway, first.listener, {home: None}
    )
    return min(backend.target.namespace for backend in draft.backends) if lacking else home


def _files(catalog: Catalog) -> Iterator[str]:
    """Yield catalogs of a few services each, as text; a service with many models is split too."""
    some: list[Service] = []
    size = 0
    for service in catalog.services:
        for models in _cut(service):
            piece = service.model_copy(update={"models": models})
            length = len(_text(piece)) + 1
            if some and size + length > MOST_IN_FILE:
                yield _file(some)
                some, size = [], 0
            some.append(piece)
            size += length
    yield _file(some)


def _file(services: Sequence[Service]) -> str:
    """Return a catalog as JSON with one service on each line."""
    lines = ",\n".join(map(_text, services))
    return f'{{"services": [\n{lines}\n]}}\n'


def _cut(service: Service) -> Iterator[tuple[Model, ...]]:
    """Yield the models of a service in pieces, several of which fit into a file."""
    some: list[Model] = []
    size = 0
    for model in service.models:
        length = len(_text(model)) + 1
        if some and size + length > MOST_IN_FILE // 4:
            yield tuple(some)
            some, size = [], 0
        some.append(model)
        size += length
    yield tuple(some)


def _text(value: Service | Model) -> str:
    return value.model_dump_json(exclude_none=True)
