"""The default engines of an emitted Envoy, which an annotation of its Service keeps for the next run. Pure, no I/O.

Without HTTPRoutes, nothing else in a cluster shows which engine serves requests that name none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import text
from llmd_routes.model.gateways import Policy
from llmd_routes.names import INSTANCE

ANNOTATION: Final = "llmd-routes/default-engines"


def default_text(defaults: Mapping[str, str]) -> str:
    """Return the value of the annotation: JSON with the owner key of each model, sorted."""
    return json.dumps(dict(sorted(defaults.items())))


def read_defaults(objects: Objects) -> Iterator[Policy]:
    """Yield the Services with the annotation; a value that is not a JSON object of texts counts as none."""
    for service in objects.of("Service", ""):
        instance = text(service, "metadata", "labels", INSTANCE)
        value = text(service, "metadata", "annotations", ANNOTATION)
        if instance and value:
            yield Policy(objects.ref(service), (), instance, {ANNOTATION: _parsed(value)})


def kept_defaults(policies: Iterable[Policy]) -> dict[str, str]:
    """Return the owner key of each model that the Services among the policies of one instance keep."""
    kept: dict[str, str] = {}
    for policy in policies:
        kept |= policy.spec.get(ANNOTATION, {})
    return kept


def _parsed(value: str) -> dict[str, str]:
    try:
        found = json.loads(value)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {model: owner for model, owner in found.items() if isinstance(owner, str)}
