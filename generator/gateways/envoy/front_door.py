"""Plan the objects of an Envoy that is the only way in: its configuration, pods and Service. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from llmd_routes.gateways.body_note import buffer_for, filter_note
from llmd_routes.gateways.implementation import Draft
from llmd_routes.gateways.unmatched import NOT_FOUND
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment
from llmd_routes.model.printed import Extractor, Printed
from llmd_routes.problems import Problem
from llmd_routes.quantities import seconds
from llmd_routes_sidecar.answers import too_large

from .default_engines import ANNOTATION, default_text
from .destinations import clusters
from .pickers import Picker, picker_of
from .route_order import ordered_routes

# The release that the tests run; --envoy-image replaces it.
IMAGE: Final = "docker.io/envoyproxy/envoy:distroless-v1.40.0"
_KINDS: Final = ("ConfigMap", "Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy")
# Envoy's own default, without a filter that reads bodies.
_BUFFER: Final = 1024 * 1024
# The memory limit of a pod, in GiB; the API server writes 1024Mi as 1Gi.
_MEMORY: Final = 1


def front_door(
    attachment: Attachment, draft: Draft, bodies: Bodies | None, options: Options
) -> Iterator[Printed | Problem]:
    """Yield the objects of an Envoy, or an error for each InferencePool whose endpoint picker is unknown.

    Without `bodies`, clients send the headers. The routes are those that HTTPRoutes would have.
    """
    pickers: dict[Ref, Picker] = {}
    for backend in draft.backends:
        if backend.port is None:
            picker = picker_of(backend)
            if isinstance(picker, Problem):
                yield picker
                return
            pickers[backend.target] = picker
    values = {
        "name": attachment.ref.name,
        "image": options.envoy_image or IMAGE,
        "scrapers": options.metrics_namespaces,
        "hosts": [host.lower() for host in draft.route_set.hostnames],
        "routes": ordered_routes(draft.routes, pickers),
        "clusters": clusters(draft.routes, pickers),
        "nothing": NOT_FOUND,
        "memory": _MEMORY,
        "asks_pickers": bool(pickers),
        "annotation": (ANNOTATION, default_text(draft.defaults)),
        "timeout": f"{seconds(options.timeout or '') or 0:.3f}s",
        **_reading(bodies),
    }
    note = filter_note(f"{attachment.ref} (envoy)", bodies.settings, "Envoy") if bodies else ""
    for kind in _KINDS:
        ref = Ref(attachment.ref.namespace, kind, attachment.ref.name)
        yield Printed(ref, f"envoy/{kind.lower()}.yaml.j2", values, note if kind == "ConfigMap" else "")


def _reading(bodies: Bodies | None) -> dict[str, Any]:
    """Return the values of the filter that reads bodies."""
    if bodies is None:
        return {"program": None, "buffer": _BUFFER, "too_large": None}
    limit = bodies.settings.body_limit
    program = Extractor(bodies.settings, bodies.catalog, responds=True)
    return {"program": program, "buffer": buffer_for(limit), "too_large": too_large(limit).body}
