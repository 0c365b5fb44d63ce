"""Read back how emitted EnvoyFilters make a Gateway of istio read request bodies. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.gateways.emitted_settings import data_of_program
from llmd_routes.gateways.implementation import Services
from llmd_routes.kube.objects import Object, Ref, items, mapping, text
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.gateways import Policy

from .body_readers import service_of
from .policies import FILTER, selects
from .rule_lookup import ROOT

_NAME = "llmd-routes"


def body_readings(gateway: Ref, policies: Sequence[Policy], services: Services) -> Iterator[BodyReading]:
    """Yield the reading of each EnvoyFilter with an instance label that applies to a Gateway."""
    for policy in policies:
        if policy.ref.kind == FILTER and policy.instance is not None and selects(policy, gateway, ROOT):
            for patch in items(policy.spec, "configPatches"):
                value = mapping(patch, "patch", "value")
                if text(patch, "applyTo") == "HTTP_FILTER" and text(value, "name") == _NAME:
                    yield _reading(policy.ref, mapping(value, "typed_config"), services)


def _reading(policy: Ref, config: Object, services: Services) -> BodyReading:
    program = text(config, "default_source_code", "inline_string")
    if program is not None:
        data = data_of_program(program)
        if data is None:
            return BodyReading(policy, "in-gateway")
        return BodyReading(policy, "in-gateway", None, data.settings, served=data.served)
    inner = mapping(config, "extension_config", "typed_config")
    streamed = text(inner, "grpc_service", "envoy_grpc", "cluster_name")
    cluster = streamed or text(inner, "http_service", "server_uri", "cluster") or ""
    service = service_of(cluster.rpartition("|")[2])
    settings = services(service) if service else None
    return BodyReading(policy, "ext-proc" if streamed else "ext-authz", service, settings)
