"""Plan the EnvoyFilters of an istio gateway that read bodies: a filter, or a call of the processor. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from llmd_routes.gateways.body_note import buffer_for, filter_note
from llmd_routes.gateways.body_sidecar import processor_note, processor_objects
from llmd_routes.gateways.lua import METADATA
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Processor
from llmd_routes.model.gateways import Version
from llmd_routes.model.naming import route_name
from llmd_routes.model.plan import Attachment, RouteSet
from llmd_routes.model.printed import Extractor, Printed
from llmd_routes.names import CLUSTER_DOMAIN
from llmd_routes_sidecar.answers import ALLOWED, STATUSES, too_large
from llmd_routes_sidecar.extraction import MODELS, Settings

from .policies import FILTER, RULE

# In earlier releases targetRefs selected every Gateway of the namespace (istio#56417).
_TARGET_REFS: Final = Version(1, 27)


def filter_ref(attachment: Attachment, route_set: RouteSet) -> Ref:
    """Return the reference of a Gateway's filter: named after the instance and the position of the Gateway."""
    name = route_name(route_set.instance, route_set.number_of(attachment))
    return Ref(attachment.ref.namespace, FILTER, name)


def plan_filter(ref: Ref, attachment: Attachment, bodies: Bodies) -> Iterator[Printed]:
    """Yield the EnvoyFilter of a Gateway, and with a processor also the objects of that processor."""
    tops = "|".join(re.escape(prefix.rstrip("/")) for prefix in bodies.settings.prefixes)
    shared: dict[str, Any] = {
        "gateway": attachment.ref.name,
        "by_label": attachment.release is not None and attachment.release < _TARGET_REFS,
        "after_auth": bodies.after_auth,
        "paths": f"({tops})([/?].*)?",
    }
    if bodies.processor is None:
        yield _reading_filter(ref, shared, bodies)
        return
    lists = f"({tops}){re.escape(MODELS)}([/?].*)?"
    yield _asking_filter(ref, {**shared, "lists": lists}, bodies.settings, bodies.processor)
    yield from processor_objects(bodies.settings, bodies.processor)
    rule = Ref(bodies.processor.ref.namespace, RULE, bodies.processor.ref.name)
    yield Printed(rule, "istio/sidecar-destinationrule.yaml.j2", {"authority": _authority(bodies.processor)})


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
    authority = _authority(processor)
    values = {
        **shared,
        "hosts": _hosts(settings.hosts),
        # istiod names the cluster of a Service port like this.
        "cluster": f"outbound|{processor.service.port}||{authority}",
        "authority": authority,
    }
    return Printed(ref, "istio/asking-envoyfilter.yaml.j2", values, processor_note(ref, settings, processor))


def _authority(processor: Processor) -> str:
    return f"{processor.ref.name}.{processor.ref.namespace}.{CLUSTER_DOMAIN}"


def _hosts(hosts: Sequence[str]) -> str | None:
    """Return a pattern for the hosts of routes in any case and with any port; None for all hosts."""
    names = [f".+{re.escape(host[1:])}" if host.startswith("*.") else re.escape(host) for host in hosts]
    return f"(?i)({'|'.join(names)})(:[0-9]*)?" if names else None
