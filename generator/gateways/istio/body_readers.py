"""Find EnvoyFilters of other owners that read request bodies on a Gateway, such as a body-based router. Pure.

With two readers, istio before 1.29.2 may lose parts of a body (`limits` has the sources).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from llmd_routes.gateways.implementation import BodyReader, Draft
from llmd_routes.kube.objects import Object, Ref, items, mapping, text
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice

from .policies import FILTER, selects
from .rule_lookup import ROOT

_PROCESSOR: Final = "ext_proc"
_READING: Final = ("BUFFERED", "BUFFERED_PARTIAL", "STREAMED", "FULL_DUPLEX_STREAMED")


def other_body_readers(attachment: Attachment, draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each EnvoyFilter without an instance label that adds such a processor to a Gateway."""
    known = {service for processor in draft.processors for service in processor.services}
    for policy, host in _readers(attachment, draft.policies):
        fact = f"lets {host} read the request bodies of {attachment.ref}, and llmd-routes reads them too"
        fix = "disable that router in the values of its chart, or pass --body-to-header none"
        if service_of(host) in known:
            fix = "disable it in the values of its chart, or use it: pass --body-to-header payload-processor"
        yield Notice("second-reader", str(policy.ref), fact, fix)


def body_readers(attachment: Attachment, policies: Iterable[Policy]) -> Iterator[BodyReader]:
    """Yield the EnvoyFilters that call a processor for request bodies; its Service is None outside of the cluster."""
    for policy, host in _readers(attachment, policies):
        yield BodyReader(policy.ref, service_of(host))


def _readers(attachment: Attachment, policies: Iterable[Policy]) -> Iterator[tuple[Policy, str]]:
    """Yield the EnvoyFilters without an instance label that add a processor to a Gateway, and its host."""
    for policy in policies:
        if policy.ref.kind != FILTER or policy.instance is not None or not selects(policy, attachment.ref, ROOT):
            continue
        hosts = [host for patch in items(policy.spec, "configPatches") if (host := _processor(patch))]
        if hosts:
            yield policy, hosts[0]


def service_of(host: str) -> Ref | None:
    """Return the Service of a host name (`NAME.NAMESPACE.svc.DOMAIN`), or None for other names."""
    name, _, rest = host.partition(".")
    namespace, _, domain = rest.partition(".")
    return Ref(namespace, "Service", name) if domain.startswith("svc.") or domain == "svc" else None


def _processor(patch: Object) -> str | None:
    """Return the cluster of a processor of request bodies that a patch adds to gateways, None if there is none."""
    is_gateway = text(patch, "match", "context") in (None, "ANY", "GATEWAY")
    value = mapping(patch, "patch", "value")
    if not is_gateway or text(patch, "applyTo") != "HTTP_FILTER" or _PROCESSOR not in (text(value, "name") or ""):
        return None
    config = mapping(value, "typed_config")
    if text(config, "processing_mode", "request_body_mode") not in _READING:
        return None
    cluster = text(config, "grpc_service", "envoy_grpc", "cluster_name") or "an external processor"
    return cluster.rpartition("|")[2]
