"""Read InferenceModelRewrites: names that an endpoint picker replaces by those of its engines. Pure, no I/O.

Source: the API types of https://github.com/llm-d/llm-d-router and, until v1.5, of gateway-api-inference-extension. A
picker reads only those whose `poolRef` has the name and the API group of its pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from llmd_routes.kube.namespaces import NamespaceOf
from llmd_routes.kube.objects import Object, Ref, group_of, items, kind_of, name_of, text
from llmd_routes.model.inventory import Epp, ModelService, Pool
from llmd_routes.names import LLMD, POOL_V1, POOL_V1ALPHA2, SETTINGS_FILE
from llmd_routes.notices import Notice

from .epp_match import assign, waiting

_KIND: Final = "InferenceModelRewrite"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """An InferenceModelRewrite: the target names of each matched name, in the order of its rules.

    `matches_all` means that a rule matches every name.
    """

    ref: Ref
    pool: str
    group: str
    names: Mapping[str, tuple[str, ...]]
    matches_all: bool


def read_rewrites(objects: Sequence[Object], namespace: NamespaceOf) -> list[Rewrite]:
    """Return the InferenceModelRewrites of both API groups, sorted."""
    rewrites = [
        _rewrite(obj, namespace(obj))
        for obj in objects
        if kind_of(obj) == _KIND and group_of(obj) in (LLMD, POOL_V1ALPHA2)
    ]
    return sorted(rewrites, key=lambda rewrite: rewrite.ref)


def _rewrite(obj: Object, namespace: str) -> Rewrite:
    names: dict[str, tuple[str, ...]] = {}
    rules = items(obj, "spec", "rules")
    for rule in rules:
        targets = tuple(name for target in items(rule, "targets") if (name := text(target, "modelRewrite")))
        for match in items(rule, "matches"):
            if name := text(match, "model", "value"):
                names.setdefault(name, targets)
    return Rewrite(
        Ref(namespace, _KIND, name_of(obj)),
        text(obj, "spec", "poolRef", "name") or "",
        text(obj, "spec", "poolRef", "group") or POOL_V1,
        names,
        any(not items(rule, "matches") for rule in rules),
    )


def add_rewritten_names(
    services: Sequence[ModelService], rewrites: Sequence[Rewrite], pools: Sequence[Pool], epps: Sequence[Epp]
) -> tuple[list[ModelService], list[Notice]]:
    """Return the services with the names that their pickers rewrite, in order, and problems of the rewrites."""
    if not rewrites:
        return list(services), []
    notices: list[Notice] = []
    named = []
    for service, (ref, groups) in zip(services, _pools(services, pools, epps), strict=True):
        own = [rewrite for rewrite in rewrites if ref == Ref(rewrite.ref.namespace, "InferencePool", rewrite.pool)]
        read = [rewrite for rewrite in own if rewrite.group in groups]
        notices += [_ignored(rewrite, groups) for rewrite in own if rewrite not in read]
        notices += [notice for rewrite in read for notice in _notices(rewrite, service)]
        named.append(_with_names(service, read))
    return named, notices


def _pools(
    services: Sequence[ModelService], pools: Sequence[Pool], epps: Sequence[Epp]
) -> Iterator[tuple[Ref | None, list[str]]]:
    """Yield the pool of each service, existing or expected by an endpoint picker, and its possible API groups."""
    poolless = [service for service in services if service.pool is None and service.managed_pool is None]
    by_title = {poolless[number].title: epp for number, epp in assign(waiting(epps, pools), poolless).items()}
    for service in services:
        epp = by_title.get(service.title)
        name = service.managed_pool or (epp.pool_name if epp else None)
        ref = service.pool or (Ref(service.namespace, "InferencePool", name) if name else None)
        groups = [pool.group for pool in pools if pool.ref == ref]
        yield ref, groups or [(epp.group if epp else None) or POOL_V1]


def _with_names(service: ModelService, rewrites: Sequence[Rewrite]) -> ModelService:
    if not service.models:
        return service  # the models that its engine serves are unknown, so these names may be incomplete
    added = {name: rewrite for rewrite in rewrites for name in rewrite.names if name not in service.models}
    if not added:
        return service
    lines = [f"{rewrite.ref.kind}/{rewrite.ref.name}: model = {name}" for name, rewrite in added.items()]
    evidence = {**service.evidence, "models": (*service.evidence.get("models", ()), *lines)}
    targets = {name: rewrite.names[name] for name, rewrite in added.items()}
    return replace(service, models=(*service.models, *added), evidence=evidence, rewrites=targets)


def _ignored(rewrite: Rewrite, groups: Sequence[str]) -> Notice:
    fact = f"references InferencePool {rewrite.pool} of {rewrite.group}, but the pool is of {groups[0]}"
    fix = f"set spec.poolRef.group to {groups[0]}"
    return Notice("model-rewrite", str(rewrite.ref), f"{fact}; its endpoint picker ignores the object", fix)


def _notices(rewrite: Rewrite, service: ModelService) -> Iterator[Notice]:
    if rewrite.matches_all:
        fact = f"matches every model name, but only the names that are listed for {service.title} are routed"
        yield Notice("model-rewrite", str(rewrite.ref), fact, f"list the names in {SETTINGS_FILE} (models)")
    served = {*service.models, *service.dynamic_models}
    for name, targets in rewrite.names.items():
        unserved = [target for target in targets if target not in served]
        if unserved and service.models:
            fact = f"rewrites {name} to {', '.join(unserved)}, which {service.title} does not serve"
            yield Notice("model-rewrite", str(rewrite.ref), fact, f"set modelRewrite to {service.models[0]}")
