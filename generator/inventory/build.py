"""Makes the inventory: objects in, `Inventory` out. Every reader of a kind is called here, once. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from llmd_routes.gateways.istio.policies import read_destination_rules, read_envoy_filters
from llmd_routes.kube.index import Objects
from llmd_routes.kube.namespaces import Namespaces, Scope, read_namespaces, stamped
from llmd_routes.kube.objects import Object, kind_of, labels, name_of
from llmd_routes.kube.workloads import Template, Workload, find_workloads
from llmd_routes.model.inventory import Ignored, Inventory, PodTemplate, Pool
from llmd_routes.names import GATEWAY_NAME
from llmd_routes.pods.commands import Pod, owner_label
from llmd_routes.pods.endpoint_pickers import is_epp
from llmd_routes.pods.servers import Server, find_server
from llmd_routes.sources import dual_pods, kserve, operator, renderers
from llmd_routes.sources.source import Part, Unread, roles_of

from .current_routes import notices_of_routes
from .epps import read_epp_services, read_epps
from .gateways import read_gateways
from .grouping import group, telling
from .overrides import Corrections, override
from .platform import read_platform
from .pools import read_pools, takers
from .routes import read_routes
from .selectors import Templates
from .services import assemble

# Whether a pool takes pods of some labels in some namespace.
Selected = Callable[[Mapping[str, str], str], bool]


def build_inventory(
    objects: Sequence[Object], scope: Scope | None = None, corrections: Corrections | None = None
) -> Inventory:
    """Find ModelServices, pools, EPPs, Gateways and routes among plain objects.

    The order of `objects` does not matter. ModelServices outside `scope.namespaces` are left out; everything else is
    kept, because it can collide with what is routed. Raises InputError when a namespace would have to be guessed.
    """
    scope, corrections = scope or Scope(), corrections or Corrections()
    objects = stamped(objects, scope)
    namespaces = _namespaces(objects, scope)
    context = Objects(tuple(objects), namespaces)
    workloads = find_workloads(objects, namespaces.of)
    pools = read_pools(objects, namespaces.of)
    parts, templates, ignored = _parts(context, workloads, takers(pools))
    index = Templates(templates)
    fronts = [(namespaces.of(o), o) for o in objects if kind_of(o) == "Service"]
    epps = read_epps(workloads, fronts)
    groups, _ = override(group(parts, _taking(index, pools)), corrections.engines)
    groups, excluded = override(groups, corrections.settings)
    ignored += excluded
    services, notices = assemble(groups, index, pools, context)
    inside = tuple(s for s in services if not scope.namespaces or s.namespace in scope.namespaces)
    titles = {s.title for s in services} - {s.title for s in inside}
    routes = read_routes(objects, namespaces.of)
    gateways = read_gateways(objects, namespaces.of, workloads)
    notices += notices_of_routes(inside, routes, namespaces.assumed, gateways)
    return Inventory(
        services=inside,
        pools=tuple(pools),
        epps=tuple(epps),
        epp_services=tuple(read_epp_services(epps, pools, fronts)),
        gateways=tuple(gateways),
        routes=tuple(routes),
        destination_rules=tuple(read_destination_rules(objects, namespaces.of)),
        envoy_filters=tuple(read_envoy_filters(objects, namespaces.of)),
        ignored=tuple(sorted(set(ignored), key=lambda entry: (entry.object, entry.reason))),
        notices=tuple(sorted({n for n in notices if n.object not in titles})),
        platform=read_platform(objects),
        assumed_namespace=namespaces.assumed,
        named_namespaces=namespaces.named,
        namespace_labels={name_of(o): labels(o, "metadata", "labels") for o in objects if kind_of(o) == "Namespace"},
    )


def _namespaces(objects: Sequence[Object], scope: Scope) -> Namespaces:
    """Find the namespaces in two steps: EPPs can be told before namespaces are, and then help to tell them."""
    epps = {(w.ref.kind, w.ref.name) for w in find_workloads(objects, lambda o: "") if is_epp(w)}
    return read_namespaces(objects, scope, [o for o in objects if (kind_of(o), name_of(o)) in epps])


def _parts(
    context: Objects, workloads: Sequence[Workload], selected: Selected
) -> tuple[list[Part], list[PodTemplate], list[Ignored]]:
    """Judge every workload; returns what serves, all pod templates, and what looks so and was left."""
    parts: list[Part] = []
    templates: list[PodTemplate] = []
    ignored: list[Ignored] = []
    controlled = kserve.children(context)
    for workload in workloads:
        if workload.ref in controlled:
            continue
        found = _part(context, workload, selected)
        templates += _all_templates(workload, found)
        if isinstance(found, Part):
            parts.append(found)
        elif found is not None:
            reason, unread = (found.reason, True) if isinstance(found, Unread) else (found, False)
            ignored.append(Ignored(f"{workload.ref.kind}/{workload.ref.name}", reason, unread))
    for part in (*kserve.parts(context), *operator.parts(context)):
        parts.append(part)
        templates += part.templates
    ignored += [*kserve.ignored(context), *dual_pods.ignored(context, workloads), *renderers.ignored(context.objects)]
    return parts, templates, ignored


def _part(context: Objects, workload: Workload, selected: Selected) -> Part | Unread | str | None:
    """Return what a workload serves, why one that looks so does not, or None when nothing looks so."""
    if any(GATEWAY_NAME in t.labels for t in workload.templates):
        return "a gateway's proxy"
    if is_epp(workload):
        return "an endpoint picker (EPP)"
    dual = dual_pods.part(context, workload)
    if dual:
        return dual
    serving: list[tuple[Template, Server]] = []
    reasons: list[str] = []
    look_up = context.config_maps(workload.ref.namespace)
    for template in workload.templates:
        taken = selected(template.labels, workload.ref.namespace)
        found = find_server(Pod(template.labels, template.annotations, template.spec, look_up, taken))
        if isinstance(found, Server):
            serving.append((template, found))
        elif found:
            reasons.append(found)
    if serving:
        return workload.never or _serving_part(workload, serving)
    return reasons[0] if reasons else None


def _serving_part(workload: Workload, serving: Sequence[tuple[Template, Server]]) -> Part:
    template, server = serving[0]
    if server.first_only and len(serving) > 1:
        serving = serving[:1]
    told = [one for one, _ in serving]
    hidden = [one for one in workload.templates if all(one is not other for other in told)]
    # Of several pods that one template makes only the first serves.
    is_first = server.first_only and not hidden and len(template.places) > 1
    # Where other pods have all labels of those that serve, only their place tells them.
    by_place = is_first or any(template.labels.items() <= one.labels.items() for one in hidden)
    pods = [pod for one in told for pod in _pods(workload, one, by_place)]
    served = pods[:1] if is_first else pods
    return Part(
        ref=workload.ref,
        own_namespace=workload.own_namespace,
        server=server,
        templates=tuple(served),
        owned_by=owner_label(template.labels, template.annotations, workload.labels, workload.annotations),
        release=workload.release,
        roles=roles_of(workload.ref.name, template.labels, server.role),
        others=(*pods[len(served) :], *(pod for one in hidden for pod in _pods(workload, one))),
    )


def _pods(workload: Workload, template: Template, by_place: bool = False) -> list[PodTemplate]:
    """Return the pods of a template, one for each of its places in a group; their place may be all that tells them."""
    path = template.path if workload.own_object else None
    places = [{template.index: place} for place in template.places] if template.index else [{}]
    derived = template.derived or by_place
    return [PodTemplate(workload.ref, {**template.labels, **place}, derived, path) for place in places]


def _all_templates(workload: Workload, found: Part | Unread | str | None) -> list[PodTemplate]:
    """Return the serving templates of a workload (the very objects of its part) and its other pods."""
    if not isinstance(found, Part):
        return [pod for template in workload.templates for pod in _pods(workload, template)]
    return [*found.templates, *found.others]


def _taking(index: Templates, pools: Sequence[Pool]) -> Callable[[Part], list[str]]:
    """Return what names the pools, of telling selectors, that take all pods of a part."""
    telling_pools = [pool for pool in pools if telling(pool.selector)]
    masks = [index.taken(pool.selector, pool.ref.namespace) for pool in telling_pools]
    takers = index.takers(masks)

    def pool_of(part: Part) -> list[str]:
        own = index.mask(part.templates)
        near = {number for template in part.templates for number in takers.get(id(template), ())}
        return [f"{telling_pools[number].ref}" for number in sorted(near) if own & masks[number] == own]

    return pool_of
