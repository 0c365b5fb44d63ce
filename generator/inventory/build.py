"""Make the inventory: objects in, `Inventory` out. Every reader of a kind is called here, once. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from llmd_routes import gateways as implementations
from llmd_routes import sources
from llmd_routes.kube.index import Objects
from llmd_routes.kube.namespaces import Namespaces, Scope, read_namespaces, stamped
from llmd_routes.kube.objects import Object, kind_of, labels, name_of
from llmd_routes.kube.services import index_services
from llmd_routes.kube.workloads import Workload, find_workloads
from llmd_routes.model.gateways import Policy
from llmd_routes.model.inventory import Epp, Inventory, ModelService, Pool
from llmd_routes.notices import Notice
from llmd_routes.pods.endpoint_pickers import is_epp
from llmd_routes.sources.source import Found, Part

from .adapter_lists import add_adapters, read_adapter_lists
from .chart_values import chart_values
from .current_routes import notices_of_routes
from .empty_pools import empty_pools
from .entrances import add_entrances
from .epps import read_epp_services, read_epps
from .gateways import read_gateways
from .grouping import group, telling
from .model_rewrites import add_rewritten_names, read_rewrites
from .overrides import Corrections, correct
from .payload_processors import read_payload_processors
from .platform import read_platform
from .pools import read_pools, takers
from .reference_grants import read_grants
from .role_halves import join_halves
from .route_backends import known_pools
from .routers import add_routers
from .routes import read_routes
from .selectors import Templates
from .services import assemble


def build_inventory(
    objects: Sequence[Object], scope: Scope | None = None, corrections: Corrections | None = None
) -> Inventory:
    """Find ModelServices, pools, EPPs, Gateways and routes among plain objects.

    The order of `objects` does not matter. ModelServices outside `scope.namespaces` are excluded; all other objects are
    kept, because they can conflict with routed ones. Raises InputError if a namespace is ambiguous.
    """
    scope, corrections = scope or Scope(), corrections or Corrections()
    objects = stamped(objects, scope)
    namespaces = _namespaces(objects, scope)
    workloads = find_workloads(objects, namespaces.of)
    pools = read_pools(objects, namespaces.of, chart_values(workloads))
    known = Objects(tuple(objects), namespaces, takers(pools))
    found = _read_sources(known, workloads)
    index = Templates([pod for part in found.parts for pod in (*part.templates, *part.others)] + [*found.pods])
    fronts = [(namespaces.of(o), o) for o in objects if kind_of(o) == "Service"]
    by_selector = index_services(fronts)
    epps = add_routers(read_epps(workloads, by_selector), workloads, by_selector)
    grouped = join_halves(group(found.parts, _taking(index, pools)))
    groups, excluded, correction_notices = correct(grouped, corrections)
    services, notices = assemble(groups, index, pools, known)
    services, name_notices = _with_names_of_others(services, known, pools, epps)
    services, entrance_notices = add_entrances(services, epps, fronts, workloads, index)
    inside = tuple(s for s in services if not scope.namespaces or s.namespace in scope.namespaces)
    titles = {s.title for s in services} - {s.title for s in inside}
    routes = read_routes(objects, namespaces.of)
    gateways = read_gateways(objects, namespaces.of, workloads)
    notices += [*correction_notices, *name_notices, *entrance_notices, *empty_pools(pools, inside, index)]
    notices += notices_of_routes(
        inside,
        routes,
        namespaces.assumed,
        gateways,
        known_pools(services, pools, epps, read_grants(objects, namespaces.of)),
    )
    return Inventory(
        services=inside,
        pools=tuple(pools),
        epps=tuple(epps),
        epp_services=tuple(read_epp_services(epps, pools, fronts)),
        gateways=tuple(gateways),
        routes=tuple(routes),
        policies=tuple(sorted(_policies(known), key=lambda policy: policy.ref)),
        processors=tuple(read_payload_processors(workloads, known, by_selector)),
        ignored=tuple(sorted({*found.ignored, *excluded}, key=lambda entry: (entry.object, entry.reason))),
        notices=tuple(sorted({n for n in notices if n.object not in titles})),
        platform=read_platform(objects),
        assumed_namespace=namespaces.assumed,
        named_namespaces=namespaces.named,
        namespace_labels={name_of(o): labels(o, "metadata", "labels") for o in objects if kind_of(o) == "Namespace"},
    )


def index_objects(objects: Sequence[Object], scope: Scope | None = None) -> Objects:
    """Return an index of objects with the namespaces that an inventory of them has."""
    scope = scope or Scope()
    objects = stamped(objects, scope)
    return Objects(tuple(objects), _namespaces(objects, scope))


def _namespaces(objects: Sequence[Object], scope: Scope) -> Namespaces:
    """Find the namespaces in two steps: EPPs are recognized without namespaces, and then help to find them."""
    epps = {(w.ref.kind, w.ref.name) for w in find_workloads(objects, lambda o: "") if is_epp(w)}
    return read_namespaces(objects, scope, [o for o in objects if (kind_of(o), name_of(o)) in epps])


def _read_sources(objects: Objects, workloads: Sequence[Workload]) -> Found:
    """Return what all sources find; each source sees the workloads that earlier sources have not claimed."""
    together = Found()
    left = list(workloads)
    for source in sources.SOURCES:
        found = source.read(objects, left)
        left = [workload for workload in left if workload.ref not in found.claimed]
        together = Found(
            (*together.parts, *found.parts),
            together.claimed | found.claimed,
            (*together.ignored, *found.ignored),
            (*together.pods, *found.pods),
        )
    return together


def _with_names_of_others(
    services: Sequence[ModelService], objects: Objects, pools: Sequence[Pool], epps: Sequence[Epp]
) -> tuple[list[ModelService], list[Notice]]:
    """Return the services with names that other objects give to their models, and notices about these names."""
    everything, namespace_of = objects.objects, objects.namespaces.of
    named, notices = add_adapters(services, read_adapter_lists(everything, namespace_of))
    named, others = add_rewritten_names(named, read_rewrites(everything, namespace_of), pools, epps)
    return named, [*notices, *others]


def _policies(objects: Objects) -> Iterator[Policy]:
    for one in implementations.IMPLEMENTATIONS:
        yield from one.policies(objects)


def _taking(index: Templates, pools: Sequence[Pool]) -> Callable[[Part], list[str]]:
    """Return a lookup of the pools with a specific selector that select all pods of a part."""
    telling_pools = [pool for pool in pools if telling(pool.selector)]
    masks = [index.taken(pool.selector, pool.ref.namespace) for pool in telling_pools]
    takers = index.takers(masks)

    def pool_of(part: Part) -> list[str]:
        own = index.mask(part.templates)
        near = {number for template in part.templates for number in takers.get(id(template), ())}
        return [f"{telling_pools[number].ref}" for number in sorted(near) if own & masks[number] == own]

    return pool_of
