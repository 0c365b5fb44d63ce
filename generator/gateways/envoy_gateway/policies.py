"""Existing objects of Envoy Gateway that emitted ones can conflict with. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Object, items, mapping, text
from llmd_routes.model.inventory import Policy
from llmd_routes.names import INSTANCE

GROUP: Final = "gateway.envoyproxy.io"
CLIENT: Final = "ClientTrafficPolicy"
EXTENSION: Final = "EnvoyExtensionPolicy"
SECURITY: Final = "SecurityPolicy"
FILTER: Final = "HTTPRouteFilter"


def read_policies(objects: Objects) -> Iterator[Policy]:
    """Yield the objects with their targets, as `KIND/NAME` or `KIND/NAME/SECTION`; `KIND/*` if labels select them."""
    for kind in (CLIENT, EXTENSION, SECURITY, FILTER):
        for obj in objects.of(kind, GROUP):
            spec = mapping(obj, "spec")
            instance = text(obj, "metadata", "labels", INSTANCE)
            yield Policy(objects.ref(obj), tuple(dict.fromkeys(_targets(spec))), instance, spec)


def _targets(spec: Object) -> Iterator[str]:
    for target in (*items(spec, "targetRefs"), mapping(spec, "targetRef")):
        if target:
            section = text(target, "sectionName")
            yield "/".join((text(target, "kind") or "", text(target, "name") or "", *([section] if section else [])))
    for selector in items(spec, "targetSelectors"):
        yield f"{text(selector, 'kind') or ''}/*"
