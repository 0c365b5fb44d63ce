"""Assemble ModelServices from their parts, and collect what is wrong with each. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import ModelService, PodTemplate, Pool, service_title
from llmd_routes.notices import Notice
from llmd_routes.sources.source import Part, main_part
from llmd_routes_sidecar.owners import normalise

from .grouping import common_name
from .role_halves import unlabelled_roles
from .role_ports import common_ports
from .selectors import Templates, lasting_selector
from .separation import Separation
from .separation_notices import notices_of_pools, notices_of_separation
from .service_notices import lies_of, remarks_of_facts, remarks_of_parts


def assemble(
    groups: Sequence[Sequence[Part]], index: Templates, pools: Sequence[Pool], context: Objects
) -> tuple[list[ModelService], list[Notice]]:
    """Return the services of the groups, sorted by namespace and name, and the notices about them."""
    owners = {ref: position for position, parts in enumerate(groups) for ref in _refs(parts)}
    taken = [(pool, index.taken(pool.selector, pool.ref.namespace) if pool.selector else 0) for pool in pools]
    takers = index.takers([mask for _, mask in taken])
    services: list[ModelService] = []
    notices: list[Notice] = []
    titles = [_title(parts) for parts in groups]
    for position, parts in enumerate(groups):
        templates = [t for part in parts for t in part.templates]
        near = sorted({number for template in templates for number in takers.get(id(template), ())})
        separation = Separation(
            index.mask(templates), index, [taken[number] for number in near], owners, tuple(titles), position
        )
        service = _service(parts, separation)
        services.append(service)
        found = [*remarks_of_facts(service), *remarks_of_parts(parts), *lies_of(service)]
        notices += [Notice(code, service.title, message, remedy) for code, message, remedy in found]
        notices += [*notices_of_separation(service, separation), *notices_of_pools(service, separation)]
    return sorted(services, key=lambda s: (s.namespace, s.name or "", s.workloads)), notices


def _refs(parts: Sequence[Part]) -> set[Ref]:
    return {template.owner for part in parts for template in part.templates} | set(_workloads(parts))


def _title(parts: Sequence[Part]) -> str:
    return service_title(parts[0].ref.namespace, common_name(parts), _workloads(parts))


def _workloads(parts: Sequence[Part]) -> tuple[Ref, ...]:
    return tuple(sorted({ref for part in parts for ref in part.refs}))


def _service(parts: Sequence[Part], separation: Separation) -> ModelService:
    main = main_part(parts)
    engine = main.server.engine
    owned = next((part.owned_by for part in parts if part.owned_by), None)
    ports = common_ports(parts)
    own_pool = separation.exact_pool(ports)
    selector = own_pool.selector if own_pool else lasting_selector(separation.index, separation.own, main.ref.namespace)
    models = _union(part.server.served.models for part in (main, *parts))
    return ModelService(
        namespace=main.ref.namespace,
        own_namespace=main.own_namespace,
        name=common_name(parts),
        workloads=_workloads(parts),
        engine=engine,
        owned_by=normalise(owned[0]) if owned else engine,
        models=models,
        dynamic_models=tuple(sorted(set(_union(p.server.served.dynamic for p in parts)) - set(models))),
        added_models=_union(part.server.served.added for part in (main, *parts)),
        removed_models=_union(part.server.served.removed for part in (main, *parts)),
        ports=ports,
        scheme="https" if main.server.ports.scheme == "https" else "http",
        roles=tuple(sorted({role for part in parts for role in part.roles})),
        selector=dict(sorted(selector.items())) if selector else None,
        selector_derived=any(t.derived for t in _templates(parts)),
        simulator=any(part.server.simulator for part in parts),
        pool=own_pool.ref if own_pool else None,
        epp=own_pool.epp if own_pool else None,
        templates=tuple(_templates(parts)),
        release=next((part.release for part in parts if part.release), None),
        controller=main.controller,
        managed_pool=next((p.managed_pool for p in (main, *parts) if p.managed_pool), None),
        key=next((f"{p.ref.kind}/{p.ref.name}: {p.server.key}" for p in (main, *parts) if p.server.key), None),
        barred=main.server.barred,
        unlabelled=unlabelled_roles(parts),
        evidence=_evidence(parts),
    )


def _templates(parts: Sequence[Part]) -> list[PodTemplate]:
    return [template for part in parts for template in part.templates]


def _union(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for words in lists for word in words))


def _evidence(parts: Sequence[Part]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for part in parts:
        where = f"{part.ref.kind}/{part.ref.name}"
        facts = {**part.server.evidence}
        if part.owned_by:
            facts["ownedBy"] = (part.owned_by[1],)
        if part.roles:
            facts["roles"] = tuple(f"role = {role}" for role in part.roles)
        for fact, lines in facts.items():
            found.setdefault(fact, set()).update(f"{where}: {line}" for line in lines)
    return {fact: tuple(sorted(lines)) for fact, lines in sorted(found.items()) if lines}
