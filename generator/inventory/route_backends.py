"""Check what existing HTTPRoutes reference: InferencePools that do not exist, and models that no pool serves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.model.gateways import Route
from llmd_routes.model.inventory import Epp, ModelService, Pool
from llmd_routes.names import POOL_GROUPS
from llmd_routes.notices import Notice
from llmd_routes.text.placeholders import RENDER, placeholder_in
from llmd_routes_sidecar.owners import MODEL_HEADER

from .reference_grants import Grant, is_permitted
from .routes import Backend, backends_of_rule

# Headers that existing routes use to select a model: of llm-d's body-based router, and of Envoy AI Gateway.
_MODEL_HEADERS: Final = (MODEL_HEADER, "x-gateway-base-model-name", "x-ai-eg-model")
_MOST_SHOWN: Final = 3


@dataclass(frozen=True)
class Known:
    """What routes can reference: the API groups of each InferencePool, and the models that it serves.

    A pool that a controller or an emitted object will create has every group. Models are missing if not all are known.
    `grants` allow references to other namespaces.
    """

    groups: dict[Ref, frozenset[str]]
    models: dict[Ref, tuple[str, ...]]
    grants: tuple[Grant, ...] = ()


def known_pools(
    services: Sequence[ModelService], pools: Sequence[Pool], epps: Sequence[Epp], grants: tuple[Grant, ...]
) -> Known:
    """Collect the existing InferencePools, and those that an endpoint picker expects or a controller creates."""
    groups: dict[Ref, frozenset[str]] = {}
    for pool in pools:
        groups[pool.ref] = groups.get(pool.ref, frozenset()) | {pool.group}
    awaited = [Ref(epp.pool_namespace, "InferencePool", epp.pool_name) for epp in epps if epp.pool_name]
    awaited += [Ref(s.namespace, "InferencePool", s.managed_pool) for s in services if s.managed_pool]
    for ref in awaited:
        groups.setdefault(ref, frozenset(POOL_GROUPS))
    models: dict[Ref, tuple[str, ...]] = {}
    for service in services:
        if service.pool is not None:
            models[service.pool] = (*models.get(service.pool, ()), *service.models)
    for service in services:
        if service.pool is not None and (service.barred or not service.models or service.dynamic_models):
            models.pop(service.pool, None)
    return Known(groups, models, grants)


def notices_of_backends(routes: Sequence[Route], known: Known) -> Iterator[Notice]:
    """Yield a notice for each backend that cannot be resolved, and for each rule that requires an unserved model."""
    for route in routes:
        for number, rule in enumerate(items(route.spec, "rules")):
            backends = backends_of_rule(route, rule)
            for backend in backends:
                yield from _unresolved(route, number, backend, known)
            yield from _unserved(route, number, rule, [backend.pool for backend in backends], known)


def _unresolved(route: Route, number: int, backend: Backend, known: Known) -> Iterator[Notice]:
    place = route.place_of(number, "backendRefs")
    groups = known.groups.get(backend.pool)
    if placeholder_in(backend.pool.name):
        fact = f"rule {number + 1} references {backend.pool}, whose name is not rendered"
        yield Notice("backend-unresolved", str(route.ref), fact, RENDER)
    elif groups is None:
        fact = f"rule {number + 1} references {backend.pool}, which is not in the input; the gateway answers 500"
        yield Notice("backend-unresolved", str(route.ref), fact, f"create the pool, or correct {place}")
    elif backend.group not in groups:
        group = sorted(groups)[0]
        given = f"the API group {backend.group}" if backend.group else "no API group"
        fact = f"rule {number + 1} references {backend.pool} with {given}, but the pool is of {group}"
        yield Notice("backend-unresolved", str(route.ref), fact, f"set group: {group} in {place}")
    elif not is_permitted(known.grants, route.ref.namespace, backend.pool, backend.group):
        fact = f"rule {number + 1} references {backend.pool}, and no ReferenceGrant of the input permits it"
        fix = f"add a ReferenceGrant for HTTPRoutes of {route.ref.namespace} to {backend.pool.namespace}"
        yield Notice("backend-unresolved", str(route.ref), f"{fact}; the gateway answers 500", fix)


def _unserved(route: Route, number: int, rule: Object, pools: Sequence[Ref], known: Known) -> Iterator[Notice]:
    if not pools or any(pool not in known.models for pool in pools):
        return
    served = sorted({model for pool in pools for model in known.models[pool]})
    for name, value in dict.fromkeys(_models_of(rule)):
        if value not in served:
            shown = ", ".join(served[:_MOST_SHOWN]) + (" and others" if len(served) > _MOST_SHOWN else "")
            behind = " and ".join(sorted({str(pool) for pool in pools}))
            fact = f"rule {number + 1} requires {name}: {value}, but {behind} serves {shown}"
            nearest = (get_close_matches(value, served, 1, 0) or served)[0]
            fix = f"set the value to {nearest} in {route.place_of(number, 'matches')}, unless another object maps it"
            yield Notice("model-unserved", str(route.ref), fact, fix)


def _models_of(rule: Object) -> Iterator[tuple[str, str]]:
    for match in items(rule, "matches"):
        for header in items(match, "headers"):
            name, value = (text(header, "name") or "").lower(), text(header, "value")
            is_exact = (text(header, "type") or "Exact") == "Exact"
            if name in _MODEL_HEADERS and value and is_exact and not placeholder_in(value):
                yield name, value
