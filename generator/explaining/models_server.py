"""Predict what an emitted models server answers, from its Deployment and its ConfigMaps. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Object, Ref, items, labels, text, texts
from llmd_routes_sidecar.answers import Answer, arrived
from llmd_routes_sidecar.catalog import Catalog, joined
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.request_head import Request

# On the pods of a models server.
_LABEL: Final = "llmd-routes/models"


def answer_of_server(service: Ref, request: Request, objects: Objects) -> Answer | None:
    """Return the answer of the models server behind a Service, None if it is none, or is not in the input.

    Entries that the server learns from engines at run time are unknown.
    """
    named = [obj for obj in objects.of("Service", "") if objects.ref(obj) == service]
    name = labels(named[0], "spec", "selector").get(_LABEL) if named else None
    for deployment in objects.of("Deployment", "apps") if name else []:
        if objects.ref(deployment) == Ref(service.namespace, "Deployment", name or ""):
            served = joined(_catalogs(deployment, objects)).served
            return arrived(request, _settings(deployment), served)
    return None


def _settings(deployment: Object) -> Settings:
    container = next(iter(items(deployment, "spec", "template", "spec", "containers")), {})
    pairs = [word.replace("$$", "$").partition("=") for word in texts(container, "args")]
    prefixes = tuple(value for name, _, value in pairs if name == "--path-prefix")
    limits = [int(value) for name, _, value in pairs if name == "--body-limit" and value.isdigit()]
    default = Settings()
    return Settings(prefixes=prefixes or default.prefixes, body_limit=limits[-1] if limits else default.body_limit)


def _catalogs(deployment: Object, objects: Objects) -> Iterator[Catalog]:
    """Yield the catalogs in the ConfigMaps that are mounted."""
    lookup = objects.config_maps(objects.ref(deployment).namespace)
    for volume in items(deployment, "spec", "template", "spec", "volumes"):
        direct = text(volume, "configMap", "name")
        projected = [text(source, "configMap", "name") for source in items(volume, "projected", "sources")]
        for name in (direct, *projected):
            for content in (lookup(name) or {}).values() if name else ():
                try:
                    yield Catalog.model_validate_json(content)
                except ValidationError:
                    continue
