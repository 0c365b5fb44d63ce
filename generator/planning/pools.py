"""Decide the InferencePool behind each ModelService: an existing one, or one for an EPP that waits. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from llmd_routes.errors import Problems
from llmd_routes.inventory.epp_match import assign, waiting
from llmd_routes.kube.objects import Ref, is_dns_label
from llmd_routes.model.inventory import Epp, Inventory, ModelService, Pool
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Backend, Keyed, PlannedPool
from llmd_routes.names import POOL_API_VERSION, POOL_GROUPS, POOL_V1, POOL_V1ALPHA2
from llmd_routes.problems import Problem

from . import epps
from .poolless import noted, why_poolless

_GROUP: Final[dict[str, str]] = {"v1": POOL_V1, "v1alpha2": POOL_V1ALPHA2}
_MOST_PORTS: Final = {POOL_V1: 8, POOL_V1ALPHA2: 1}
# istio creates a Service with the pool's name, so the name must be a DNS label (gateway-api-inference-extension).


def backends(
    services: Sequence[Keyed], inventory: Inventory, instance: str, options: Options, problems: Problems
) -> list[Backend]:
    """Return the pool of each service, in order, and add an error for every service without one.

    Pools and EPPs of this instance are desired state: they are emitted again, never reused.
    """
    foreign = [pool for pool in inventory.pools if pool.instance != instance]
    named: dict[Ref, list[Pool]] = {}
    for pool in foreign:
        named.setdefault(pool.ref, []).append(pool)
    reused = [_reused(one, named, inventory.epps) for one in services]
    poolless = [one for one, there in zip(services, reused, strict=True) if there is None]
    if options.take_over:
        foreign = [pool for pool in foreign if not _wrong(pool, poolless)]
    left = waiting([epp for epp in inventory.epps if epp.instance != instance], foreign)
    assigned = assign(left, [one.service for one in poolless])
    taken = set(assigned.values())
    spare = [epp for epp in left if epp not in taken]
    made: list[Backend | Sequence[str | Problem]] = []
    for position, one in enumerate(poolless):
        epp = assigned.get(position)
        if epp is None and options.epp != "deploy":
            made.append(why_poolless(one, poolless, spare, inventory, take_over=options.take_over))
        else:
            made.append(_made(one, epp, inventory, options))
    next_made = iter(made)
    results = [there if there is not None else next(next_made) for there in reused]
    problems.add(*(line for result in results if not isinstance(result, Backend) for line in result))
    return [result for result in results if isinstance(result, Backend)]


def _wrong(pool: Pool, poolless: Sequence[Keyed]) -> bool:
    """Return whether a pool selects pods of services that have no pool of their own."""
    return any(
        one.service.namespace == pool.ref.namespace and pool.selector.items() <= template.labels.items()
        for one in poolless
        for template in one.service.templates
    )


def _made(one: Keyed, epp: Epp | None, inventory: Inventory, options: Options) -> Backend | list[str | Problem]:
    """Return the pool to create for a service and its EPP, or the problems that prevent it."""
    group = (epp.group if epp else None) or _group(inventory, options)
    wrong = _obstacles(one.service, group, inventory)
    wrong += _obstacles_of_epp(epp, group, inventory, options) if epp else epps.obstacles(one, group, options)
    if wrong:
        return wrong
    return _planned(one, epp) if epp else epps.deployed(one, group, options)


def _group(inventory: Inventory, options: Options) -> str:
    """Return the API group of a pool that no EPP waits for: the requested one, else the served one, else v1."""
    if options.pool_api != "auto":
        return _GROUP[options.pool_api]
    return (inventory.platform.pool_groups or (POOL_V1,))[0]


def _reused(one: Keyed, named: Mapping[Ref, Sequence[Pool]], epps: Sequence[Epp]) -> Backend | list[str] | None:
    """Return the existing pool of a service, why its controller creates none, or None if it has none yet."""
    service = one.service
    if service.controller:
        if service.managed_pool is None:
            return [
                f"{service.title}: {service.controller} creates no InferencePool for it; add a scheduler"
                f" (spec.router.scheduler)"
            ]
        ref = Ref(service.namespace, "InferencePool", service.managed_pool)
        there = named[ref][0] if ref in named else None
        return Backend(one, ref, there.group if there else POOL_V1, there=there)
    for pool in named.get(service.pool, ()) if service.pool else ():
        # A pool that serves some of the ports is usable; the warning says that the other ranks stay idle.
        fitting = not service.ports or (pool.ports and set(pool.ports) <= set(service.ports))
        if fitting:
            epp = _picking(pool, epps)
            stray = _stray(pool, epp) if epp else None
            return [stray] if stray else Backend(one, pool.ref, pool.group, epp, there=pool)
    return None


def _picking(pool: Pool, epps: Sequence[Epp]) -> Epp | None:
    """Return the EPP behind the Service that a pool references."""
    return next((e for e in epps if e.service == pool.epp and e.workload.namespace == pool.ref.namespace), None)


def _stray(pool: Pool, epp: Epp) -> str | None:
    """Return the error that an EPP serves another pool than its own: requests would leave the service."""
    if not epp.pool_name or (epp.pool_name, epp.pool_namespace, epp.group) == (
        pool.ref.name,
        pool.ref.namespace,
        pool.group,
    ):
        return None
    watched = f"{epp.pool_namespace}/{epp.pool_name} of {epp.group}"
    return (
        f"{pool.ref}: its endpoint picker {epp.workload.name} watches {watched};"
        f" set --pool-name, --pool-namespace and --pool-group to this pool ({pool.group})"
    )


def _planned(one: Keyed, epp: Epp) -> Backend:
    """Return the pool that an EPP waits for; `_obstacles` has found none."""
    service = one.service
    group = epp.group or POOL_V1
    ref = Ref(epp.pool_namespace, "InferencePool", epp.pool_name or "")
    pool = PlannedPool(ref, group, dict(service.selector or {}), service.ports, epp.service or "", epp.port)
    return Backend(one, ref, group, epp, pool)


def _obstacles(service: ModelService, group: str, inventory: Inventory) -> list[str | Problem]:
    """Return why no pool of an API group can be created for a service."""
    if service.selector is None:
        return [*noted(service, inventory, "selector")]
    found: list[str | Problem] = []
    if not service.ports:
        found += [*noted(service, inventory, "ports")] or [
            f"{service.title}: its port is unknown; declare it in the container's ports"
        ]
    room = _MOST_PORTS.get(group, len(service.ports))
    if len(service.ports) > room:
        found.append(
            f"{service.title}: serves on {len(service.ports)} ports, and an InferencePool of"
            f" {POOL_API_VERSION[group]} supports"
            f" {room}; {_port_remedy(group)}"
        )
    return found + _tls(service)


def _obstacles_of_epp(epp: Epp, group: str, inventory: Inventory, options: Options) -> list[str]:
    """Return why the pool that an EPP waits for cannot be created."""
    served = inventory.platform.pool_groups
    found = []
    if group not in POOL_GROUPS:
        found.append(f"{epp.workload}: watches pools of the unknown group {group}; set its --pool-group to {POOL_V1}")
    elif options.pool_api != "auto" and group != _GROUP[options.pool_api]:
        found.append(
            f"{epp.workload}: watches pools of {POOL_API_VERSION[group]}; remove --pool-api {options.pool_api}"
        )
    elif served is not None and group not in served:
        found.append(
            f"{epp.workload}: watches pools of {group}, whose CRD is not installed;"
            f" set its --pool-group to {served[0]}, or install that CRD"
        )
    if epp.service is None:
        found.append(f"{epp.workload}: no Service in the input selects its pods; add the Service")
    if not is_dns_label(epp.pool_name or ""):
        found.append(f"{epp.workload}: watches pool {epp.pool_name}, which is not a DNS label; rename it")
    return found


def _port_remedy(group: str) -> str:
    return "configure its endpoint picker for v1 (--pool-group)" if group == POOL_V1ALPHA2 else "serve on fewer ports"


def _tls(service: ModelService) -> list[str]:
    """Return an error if the pods serve TLS, which an InferencePool cannot express."""
    if service.scheme != "https":
        return []
    return [
        f"{service.title}: its pods serve TLS, and an InferencePool cannot specify a backend protocol;"
        " serve plain HTTP (--secure-proxy=false on a routing sidecar)"
    ]
