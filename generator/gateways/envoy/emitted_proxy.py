"""Read back the routes and the body-based routing of an emitted Envoy from its ConfigMap. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from llmd_routes.gateways.emitted_settings import data_of_program, settings_of_service
from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Object, Ref, items, mapping, text, texts
from llmd_routes.model.body_readings import BodyReading, EmittedProxy
from llmd_routes.model.gateways import Route
from llmd_routes.names import INSTANCE, POOL_V1
from llmd_routes.text.yaml_values import load

_FILES: Final = ("routes.yaml", "listeners.yaml")
_NAME: Final = "llmd-routes"
_POOL: Final = re.compile(r"pool/(?P<namespace>[^/]+)/(?P<name>[^/]+)")
_SERVICE: Final = re.compile(r"service/(?P<namespace>[^/]+)/(?P<name>[^/]+)/(?P<port>[0-9]+)")


def read_proxies(objects: Objects) -> Iterator[EmittedProxy]:
    """Yield each emitted Envoy whose Service is in the input, in input order."""
    services = {objects.ref(obj) for obj in objects.of("Service", "")}
    for obj in objects.of("ConfigMap", ""):
        if text(obj, "metadata", "labels", INSTANCE) is None or not all(text(obj, "data", name) for name in _FILES):
            continue
        files = [load(text(obj, "data", name) or "") for name in _FILES]
        routing, listener = (next(iter(items(file, "resources")), {}) for file in files)
        ref = objects.ref(obj)
        service = Ref(ref.namespace, "Service", ref.name)
        routes = tuple(_route(ref, host) for host in items(routing, "virtual_hosts"))
        if routes and service in services:
            yield EmittedProxy(service, routes, _reading(ref, routing, listener, objects))


def _route(ref: Ref, host: Object) -> Route:
    """Return a virtual host in the form of an HTTPRoute."""
    spec = {
        "hostnames": [domain for domain in texts(host, "domains") if domain != "*"],
        "rules": [_rule(route) for route in items(host, "routes")],
    }
    return Route(ref, ref.namespace, spec, None, None)


def _reading(ref: Ref, routing: Object, listener: Object, objects: Objects) -> BodyReading | None:
    """Return how an Envoy reads bodies, None if clients send the headers."""
    program = text(routing, "typed_per_filter_config", _NAME, "source_code", "inline_string")
    if program is not None:
        data = data_of_program(program)
        if data is None:
            return BodyReading(ref, "in-gateway")
        return BodyReading(ref, "in-gateway", None, data.settings, served=data.served, responds=True)
    asked = _SERVICE.fullmatch(next(_asked(listener), ""))
    if asked is None:
        return None
    service = Ref(asked["namespace"], "Service", asked["name"])
    return BodyReading(ref, "ext-authz", service, settings_of_service(service, objects))


def _asked(listener: Object) -> Iterator[str]:
    """Yield the cluster of the service that the filter for bodies asks."""
    for chain in items(listener, "filter_chains"):
        for network in items(chain, "filters"):
            for each in items(network, "typed_config", "http_filters"):
                inner = mapping(each, "typed_config", "extension_config", "typed_config")
                cluster = text(inner, "http_service", "server_uri", "cluster")
                if text(each, "name") == _NAME and cluster:
                    yield cluster


def _rule(route: Object) -> dict[str, Any]:
    match = mapping(route, "match")
    action = mapping(route, "route")
    clusters = items(action, "weighted_clusters", "clusters")
    if text(action, "cluster"):
        clusters = [{"name": text(action, "cluster"), "weight": 1}]
    rule: dict[str, Any] = {
        "matches": [
            {
                "path": {"type": "PathPrefix", "value": text(match, "path_separated_prefix") or "/"},
                "headers": [_header(header) for header in items(match, "headers")],
            }
        ],
        "backendRefs": [_backend(cluster) for cluster in clusters],
    }
    if rewrite := text(action, "prefix_rewrite"):
        path = {"type": "ReplacePrefixMatch", "replacePrefixMatch": rewrite}
        rule["filters"] = [{"type": "URLRewrite", "urlRewrite": {"path": path}}]
    return rule


def _header(header: Object) -> dict[str, Any]:
    exact = text(header, "string_match", "exact")
    if exact is not None:
        return {"name": text(header, "name"), "type": "Exact", "value": exact}
    regex = text(header, "string_match", "safe_regex", "regex")
    return {"name": text(header, "name"), "type": "RegularExpression", "value": regex}


def _backend(cluster: Object) -> dict[str, Any]:
    name, weight = text(cluster, "name") or "", cluster.get("weight")
    if pool := _POOL.fullmatch(name):
        return {"group": POOL_V1, "kind": "InferencePool", "weight": weight, **pool.groupdict()}
    if service := _SERVICE.fullmatch(name):
        return {"kind": "Service", "weight": weight, **service.groupdict()}
    return {"kind": "Service", "name": name, "weight": weight}
