"""Plan the objects of an Envoy that is the only way in: its configuration, pods and Service. Pure, no I/O.

If an external service reads bodies, its objects are planned too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from llmd_routes.gateways.body_note import buffer_for, filter_note
from llmd_routes.gateways.body_processor import processor_note, processor_objects
from llmd_routes.gateways.envoy_matching import patterns_of
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
from llmd_routes_sidecar.extraction import READ_HEADERS

from .default_engines import ANNOTATION, default_text
from .destinations import clusters, service_cluster
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
    processor = bodies.processor if bodies else None
    values = {
        "name": attachment.ref.name,
        "image": options.envoy_image or IMAGE,
        "scrapers": options.metrics_namespaces,
        "hosts": [host.lower() for host in draft.route_set.hostnames],
        "routes": ordered_routes(draft.routes, pickers),
        "clusters": clusters(draft.routes, pickers, [processor.service] if processor else []),
        "nothing": NOT_FOUND,
        "memory": _MEMORY,
        "asks_pickers": bool(pickers),
        "annotation": (ANNOTATION, default_text(draft.defaults)),
        "timeout": f"{seconds(options.timeout or '') or 0:.3f}s",
        **_reading(bodies),
    }
    note = _note(attachment.ref, bodies) if bodies else ""
    for kind in _KINDS:
        ref = Ref(attachment.ref.namespace, kind, attachment.ref.name)
        yield Printed(ref, f"envoy/{kind.lower()}.yaml.j2", values, note if kind == "ConfigMap" else "")
    if bodies is not None and processor is not None:
        yield from processor_objects(bodies.settings, processor)


def _note(service: Ref, bodies: Bodies) -> str:
    if bodies.processor is None:
        return filter_note(f"{service} (envoy)", bodies.settings, "Envoy")
    return processor_note(service, bodies.settings, bodies.processor)


def _reading(bodies: Bodies | None) -> dict[str, Any]:
    """Return the values of the filter that reads bodies, or of the filters that let a service read them."""
    none = {"program": None, "asks": None, "too_large": None}
    if bodies is None:
        return {**none, "buffer": _BUFFER}
    limit = bodies.settings.body_limit
    buffer = {**none, "buffer": buffer_for(limit)}
    if bodies.processor is None:
        program = Extractor(bodies.settings, bodies.catalog, responds=True)
        return {**buffer, "program": program, "too_large": too_large(limit).body}
    cluster = service_cluster(bodies.processor.service)
    asked = {"cluster": cluster.name, "host": cluster.host.rstrip("."), "limit": limit, "headers": READ_HEADERS}
    return {**buffer, "asks": {**asked, **patterns_of(bodies.settings)._asdict()}}
