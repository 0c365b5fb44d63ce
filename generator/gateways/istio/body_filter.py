"""Plan the EnvoyFilters of an istio gateway that read bodies: a filter, or a call of a service. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from llmd_routes.gateways.body_note import buffer_for, filter_note
from llmd_routes.gateways.body_processor import processor_note, processor_objects
from llmd_routes.gateways.envoy_matching import patterns_of
from llmd_routes.gateways.lua import METADATA
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Processor
from llmd_routes.model.gateways import Version
from llmd_routes.model.naming import route_name
from llmd_routes.model.plan import Attachment, RouteSet
from llmd_routes.model.printed import Extractor, Printed
from llmd_routes.names import CLUSTER_DOMAIN
from llmd_routes_sidecar.answers import ALLOWED, STATUSES, too_large
from llmd_routes_sidecar.extraction import READ_HEADERS, Settings

from .policies import FILTER, RULE

# In earlier releases targetRefs selected every Gateway of the namespace (istio#56417).
_TARGET_REFS: Final = Version(1, 27)


def filter_ref(attachment: Attachment, route_set: RouteSet) -> Ref:
    """Return the reference of a Gateway's filter: named after the instance and the position of the Gateway."""
    name = route_name(route_set.instance, route_set.number_of(attachment))
    return Ref(attachment.ref.namespace, FILTER, name)


def plan_filter(ref: Ref, attachment: Attachment, bodies: Bodies) -> Iterator[Printed]:
    """Yield the EnvoyFilter of a Gateway, and with a processor also the objects of that processor."""
    patterns = patterns_of(bodies.settings)
    shared: dict[str, Any] = {
        "gateway": attachment.ref.name,
        "by_label": attachment.release is not None and attachment.release < _TARGET_REFS,
        "after_auth": bodies.after_auth,
        **patterns._asdict(),
    }
    if bodies.processor is None:
        yield _reading_filter(ref, shared, bodies)
        return
    asks = _authorizing_filter if bodies.processor.protocol == "ext-authz" else _asking_filter
    yield asks(ref, shared, bodies.settings, bodies.processor)
    yield from processor_objects(bodies.settings, bodies.processor)
    rule = Ref(bodies.processor.ref.namespace, RULE, bodies.processor.ref.name)
    yield Printed(rule, "istio/processor-destinationrule.yaml.j2", {"authority": _authority(bodies.processor)})


def _reading_filter(ref: Ref, shared: Mapping[str, Any], bodies: Bodies) -> Printed:
    settings = bodies.settings
    values = {
        **shared,
        "program": Extractor(settings, bodies.catalog),
        "statuses": STATUSES if bodies.catalog else (),
        "allowed": ", ".join(ALLOWED),
        "namespace": METADATA,
        "buffer": buffer_for(settings.body_limit),
        "too_large": too_large(settings.body_limit).body,
    }
    return Printed(
        ref, "istio/reading-envoyfilter.yaml.j2", values, filter_note(f"{ref} (istio)", settings, "the gateway")
    )


def _asking_filter(ref: Ref, shared: Mapping[str, Any], settings: Settings, processor: Processor) -> Printed:
    """Return the filter that streams bodies to a processor."""
    values = {**shared, "cluster": _cluster(processor), "authority": _authority(processor)}
    return Printed(ref, "istio/asking-envoyfilter.yaml.j2", values, processor_note(ref, settings, processor))


def _authorizing_filter(ref: Ref, shared: Mapping[str, Any], settings: Settings, processor: Processor) -> Printed:
    """Return the filter that sends whole bodies to a processor over HTTP."""
    values = {
        **shared,
        "cluster": _cluster(processor),
        "authority": _authority(processor),
        "limit": settings.body_limit,
        "buffer": buffer_for(settings.body_limit),
        "headers": READ_HEADERS,
    }
    return Printed(ref, "istio/authorizing-envoyfilter.yaml.j2", values, processor_note(ref, settings, processor))


def _cluster(processor: Processor) -> str:
    """Return the name that istiod gives to the cluster of a Service port."""
    return f"outbound|{processor.service.port}||{_authority(processor)}"


def _authority(processor: Processor) -> str:
    return f"{processor.ref.name}.{processor.ref.namespace}.{CLUSTER_DOMAIN}"
