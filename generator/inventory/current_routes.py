"""Find the existing routes of each ModelService, and the default engines that they set. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.model.gateways import Gateway, Route
from llmd_routes.model.inventory import ModelService
from llmd_routes.notices import Notice
from llmd_routes.text.header_patterns import values_of
from llmd_routes_sidecar.owners import DEFAULT_OWNER, MODEL_HEADER, OWNER_HEADER

from .route_backends import Known, notices_of_backends
from .routes import backends_of_rule, catch_all_of


def notices_of_routes(
    services: Sequence[ModelService],
    routes: Sequence[Route],
    assumed: str | None,
    gateways: Sequence[Gateway],
    known: Known,
) -> list[Notice]:
    """Return what the existing routes mean for the services, and which objects have no namespace.

    Routes of this instance are desired state, so there is nothing to report about them. `assumed` is the namespace
    assumed for objects without one.
    """
    foreign = [route for route in routes if route.instance is None]
    found = [notice for service in services for notice in _routed(service, foreign, known)]
    found += notices_of_backends(foreign, known)
    bare = [s.title for s in services if s.own_namespace is None]
    bare += [str(gateway.ref) for gateway in gateways if gateway.own_namespace is None]
    told = f"no namespace in the manifest; {assumed} is assumed" if assumed else "no namespace in the manifest"
    return found + [
        Notice("namespace-unknown", title, told, "-n NAMESPACE, or set metadata.namespace") for title in bare
    ]


def _routed(service: ModelService, routes: Sequence[Route], known: Known) -> Iterator[Notice]:
    leading = [route for route in routes if _leads_to(route, service, known)]
    if leading:
        named = ", ".join(str(route.ref) for route in leading)
        remedy = "llmd-routes adds routes beside them; no action needed"
        yield Notice("already-routed", service.title, f"{named} routes to its {service.pool}", remedy)
    for route in leading:
        number = catch_all_of(route)
        if number is not None:
            fact = f"{route.ref} matches every path, so it also receives requests that no other route matches"
            place = route.place_of(number, "matches")
            yield Notice("catch-all-route", service.title, fact, f"keep both, or set a narrower path in {place}")


def _leads_to(route: Route, service: ModelService, known: Known) -> bool:
    backends = [backend for rule in items(route.spec, "rules") for backend in backends_of_rule(route, rule)]
    return any(pool == service.pool and group in known.groups.get(pool, ()) for pool, group in backends)


def defaults_of(routes: Iterable[Route], owners: Mapping[Ref, str]) -> dict[str, str]:
    """Return the default owner of each model according to existing routes; `owners` are those of each backend."""
    found: dict[str, str] = {}
    for route in routes:
        for rule in items(route.spec, "rules"):
            backends = [
                Ref(route.ref.namespace, text(backend, "kind") or "Service", text(backend, "name") or "")
                for backend in items(rule, "backendRefs")
            ]
            # A rule with several backends splits traffic, so it gives no default engine.
            owner = owners.get(backends[0]) if len(backends) == 1 else None
            if owner:
                found |= dict.fromkeys(_default_models(rule), owner)
    return found


def _default_models(rule: Object) -> list[str]:
    """Return the models that a rule serves for requests without an engine."""
    models: list[str] = []
    for match in items(rule, "matches"):
        headers = {(text(header, "name") or "").lower(): _values(header) for header in items(match, "headers")}
        if DEFAULT_OWNER in headers.get(OWNER_HEADER, (DEFAULT_OWNER,)):
            models += headers.get(MODEL_HEADER, ())
    return models


def _values(header: Object) -> tuple[str, ...]:
    """Return the values that a header match accepts; none for patterns that llmd-routes does not emit."""
    value = text(header, "value") or ""
    return (value,) if (text(header, "type") or "Exact") == "Exact" else values_of(value)
