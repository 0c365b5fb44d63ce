"""The objects by which an istio gateway reads bodies: a filter of its own, or one that asks pods. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llmd_routes.kube.objects import Ref
from llmd_routes.model.plan import PlannedFilter, Processor, buffer_of, memory_of
from llmd_routes.model.printed import Extractor, Printed
from llmd_routes.names import CLUSTER_DOMAIN
from llmd_routes_sidecar.answers import ALLOWED, STATUSES, too_large
from llmd_routes_sidecar.extraction import MODELS

from .lua import METADATA

_OF_PODS = ("Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy", "DestinationRule")


def body_filter(one: PlannedFilter) -> Printed:
    """Return the EnvoyFilter; programs, answers and sizes follow from its settings."""
    settings = one.settings
    tops = "|".join(re.escape(prefix.rstrip("/")) for prefix in settings.prefixes)
    shared: dict[str, Any] = {"filter": one, "paths": f"({tops})([/?].*)?"}
    if one.processor is not None:
        authority = _authority(one.processor)
        values = {
            **shared,
            "lists": f"({tops}){re.escape(MODELS)}([/?].*)?",
            "hosts": _hosts(settings.hosts),
            # As istiod names the cluster of a port of a Service.
            "cluster": f"outbound|{one.processor.service.port}||{authority}",
            "authority": authority,
        }
        return Printed(one.ref, "processor-envoyfilter.yaml.j2", values)
    values = {
        **shared,
        "program": Extractor(settings, one.catalog),
        "statuses": STATUSES if one.catalog else (),
        "allowed": ", ".join(ALLOWED),
        "namespace": METADATA,
        "buffer": buffer_of(one),
        "too_large": too_large(settings.body_limit).body,
    }
    return Printed(one.ref, "envoyfilter.yaml.j2", values)


def processor_objects(one: PlannedFilter, processor: Processor) -> Iterator[Printed]:
    """Yield the pods that the Gateway of a filter asks, and what they need."""
    settings = one.settings
    values = {
        "processor": processor,
        "settings": settings,
        "splits": {model: _weights(owners) for model, owners in sorted(settings.splits.items())},
        "memory": memory_of(one, processor) // 1024**2,
        "authority": _authority(processor),
    }
    for kind in _OF_PODS:
        ref = Ref(processor.ref.namespace, kind, processor.ref.name)
        yield Printed(ref, f"processor-{kind.lower()}.yaml.j2", values)


def _weights(owners: Mapping[str, int]) -> str:
    return ",".join(f"{owner}={weight}" for owner, weight in sorted(owners.items()))


def _authority(processor: Processor) -> str:
    return f"{processor.ref.name}.{processor.ref.namespace}.{CLUSTER_DOMAIN}"


def _hosts(hosts: Sequence[str]) -> str | None:
    """Return what the hosts of routes match, in any case and with any port; None where there are none."""
    names = [f".+{re.escape(host[1:])}" if host.startswith("*.") else re.escape(host) for host in hosts]
    return f"(?i)({'|'.join(names)})(:[0-9]*)?" if names else None
