"""What the HTTPRoutes of a Gateway say and what its Envoy does, in the same terms, so that the two can be compared."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from .gateway import Gateway

Obj = dict[str, Any]
_EXT_PROC = "envoy.filters.http.ext_proc"
# istio gives a pool a Service of its own, by which its cluster is called.
_CLUSTER = re.compile(
    r"outbound\|\d+\|\|(?P<name>[^.]+?)(?:-ip-[0-9a-f]{8})?\.(?P<namespace>[^.]+)\.svc\.cluster\.local"
)


class Routed(NamedTuple):
    """One match: its path, its headers (a regular expression begins with ~), and its pool or Service, None for 500."""

    path: str
    headers: frozenset[tuple[str, str]]
    pool: str | None


class Done(NamedTuple):
    """One route of an Envoy, the endpoint picker (NS/NAME of its Service) that it asks, and if it can do without."""

    routed: Routed
    picker: str | None
    fails_open: bool


def said(routes: Iterable[Obj], pools: Collection[str]) -> set[Routed]:
    """Return the matches of HTTPRoutes; a rule whose pool is none of those that there are (NS/NAME) answers 500."""
    return {
        Routed(match["path"]["value"], _headers(match), _pool(rule, route["metadata"]["namespace"], pools))
        for route in routes
        for rule in route["spec"].get("rules", [{}])
        for match in rule.get("matches") or [{"path": {"value": "/"}}]
    }


def _headers(match: Obj) -> frozenset[tuple[str, str]]:
    regular = {"RegularExpression": "~"}
    return frozenset(
        (header["name"].lower(), regular.get(header.get("type", "Exact"), "") + header["value"])
        for header in match.get("headers", ())
    )


def _pool(rule: Obj, namespace: str, pools: Collection[str]) -> str | None:
    for backend in rule.get("backendRefs", ()):
        name = f"{backend.get('namespace', namespace)}/{backend['name']}"
        if name in pools or backend.get("kind", "Service") == "Service":
            return name
    return None


def done(gateway: Gateway) -> list[Done]:
    """Return the routes of an Envoy, in its order."""
    dump = gateway.admin("/config_dump?resource=dynamic_route_configs")
    return [
        _done(route)
        for config in dump.get("configs", ())
        for host in config["route_config"].get("virtual_hosts", ())
        for route in host.get("routes", ())
    ]


def _done(route: Obj) -> Done:
    match = route["match"]
    path = match.get("path_separated_prefix") or match.get("path") or match.get("prefix")
    overrides = route.get("typed_per_filter_config", {}).get(_EXT_PROC, {}).get("overrides", {})
    picker = overrides.get("grpc_service", {}).get("envoy_grpc", {}).get("cluster_name")
    cluster = route.get("route", {}).get("cluster")
    headers = frozenset(_matched(header) for header in match.get("headers", ()))
    return Done(Routed(path, headers, _named(cluster)), _named(picker), overrides.get("failure_mode_allow", False))


def _matched(header: Obj) -> tuple[str, str]:
    how = header["string_match"]
    return header["name"], how["exact"] if "exact" in how else f"~{how['safe_regex']['regex']}"


def _named(cluster: str | None) -> str | None:
    # `UnknownService` is how istio calls what does not exist; Envoy answers 500 for it.
    found = _CLUSTER.fullmatch(cluster or "")
    return f"{found['namespace']}/{found['name']}" if found else None


def programs_said(envoy_filters: Iterable[Obj], gateway: str) -> set[str]:
    """Return the Lua programs that EnvoyFilters put into a Gateway of their namespace, and the sidecars it asks."""
    return {
        _program(patch["patch"]["value"])
        for one in envoy_filters
        if gateway in [target["name"] for target in one["spec"].get("targetRefs", ())]
        for patch in one["spec"]["configPatches"]
        if patch["applyTo"] == "HTTP_FILTER"
    }


def programs_run(gateway: Gateway) -> set[str]:
    """Return the Lua programs in the listeners of an Envoy, and the sidecars (clusters) that it asks."""
    dump = gateway.admin("/config_dump?resource=dynamic_listeners")
    return {
        _program(one)
        for config in dump.get("configs", ())
        for chain in config.get("active_state", {}).get("listener", {}).get("filter_chains", ())
        for network in chain["filters"]
        for one in network["typed_config"].get("http_filters", ())
        if one["typed_config"]["@type"].endswith((".Lua", ".ExtensionWithMatcher"))
    }


def _program(http_filter: Obj) -> str:
    """Return the cluster that a filter asks, or the program that it runs."""
    config = http_filter["typed_config"]
    config = config.get("extension_config", {}).get("typed_config", config)
    if "grpc_service" in config:
        found = config["grpc_service"]["envoy_grpc"]["cluster_name"]
    elif "http_service" in config:
        found = config["http_service"]["server_uri"]["cluster"]
    else:
        found = config["default_source_code"]["inline_string"]
    return str(found)


def sidecars(programs: Iterable[str]) -> set[str]:
    """Return those of programs that are sidecars, as NS/NAME."""
    return {name for one in programs if (name := _named(one))}


def addresses(gateway: Gateway) -> dict[str, set[str]]:
    """Return the healthy addresses that Envoy has for each Service and pool, by NS/NAME."""
    clusters = gateway.admin("/clusters?format=json").get("cluster_statuses", ())
    return {name: set(_healthy(cluster)) for cluster in clusters if (name := _named(cluster["name"]))}


def with_tls(gateway: Gateway) -> set[str]:
    """Return the Services and pools, as NS/NAME, to which Envoy speaks TLS."""
    dump = gateway.admin("/config_dump?resource=dynamic_active_clusters")
    clusters = [config["cluster"] for config in dump.get("configs", ())]
    return {name for each in clusters if "transport_socket" in each and (name := _named(each["name"]))}


def _healthy(cluster: Obj) -> Iterator[str]:
    for host in cluster.get("host_statuses", ()):
        if host["health_status"].get("eds_health_status") == "HEALTHY":
            yield host["address"]["socket_address"]["address"]
