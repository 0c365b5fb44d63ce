"""Join workloads into ModelServices: prefill, decode and encode of one release are one service. Pure, no I/O.

Two workloads are one service when they share namespace, engine, owner key and a served model, and (a) the name without
role suffix, or (b) a guide label, or (c) the selector of a pool that says more than "serves", or (d) with roles, a helm
release. One whose models cannot be read belongs to the first of its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from llmd_routes.kube.objects import Ref
from llmd_routes.names import GUIDE, ROLE, SERVING
from llmd_routes.sources.source import Part, strip_role, strip_role_word


def group(parts: Sequence[Part], pool_of: Callable[[Part], Iterable[str]]) -> list[list[Part]]:
    """Return the parts of each service, in order of their references.

    `pool_of` returns the pools (with specific selectors) that select a part's pods.
    """
    ordered = sorted(parts, key=lambda part: (part.ref, part.server.engine or ""))
    leaders: dict[tuple[str, ...], int] = {}
    parent = list(range(len(ordered)))

    def find(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    # Services with known models come first, so that the others can join them.
    for index, part in sorted(enumerate(ordered), key=lambda each: not each[1].server.served.models):
        for key in _keys(part, pool_of):
            other = leaders.setdefault(key, index)
            parent[max(find(index), find(other))] = min(find(index), find(other))
        leaders.setdefault(_stem(part), index)
    groups: dict[int, list[Part]] = {}
    for index, part in enumerate(ordered):
        groups.setdefault(find(index), []).append(part)
    return list(groups.values())


def _keys(part: Part, pool_of: Callable[[Part], Iterable[str]]) -> list[tuple[str, ...]]:
    """Return the keys that join a part with the other parts of its service; equal keys join."""
    scope = _scope(part)
    if part.controller:
        return [(*scope, "object", part.ref.kind, part.ref.name), *_shared_pools(part, pool_of)]
    if part.config:
        return [(*scope, "config", part.config.name)]
    if not part.server.served.models:
        return [_stem(part)]
    marks = [("name", part.base_name), *(("pool", pool) for pool in pool_of(part))]
    guide = part.label(GUIDE)
    marks += [("guide", guide)] if guide else []
    marks += [("release", part.release)] if part.roles and part.release else []
    return [(*scope, *mark, model) for mark in marks for model in part.server.served.models]


def _shared_pools(part: Part, pool_of: Callable[[Part], Iterable[str]]) -> list[tuple[str, ...]]:
    """Return keys that join a controller's parts whose pods share a pool, if they serve the same models on one port."""
    names = [name for name in (part.managed_pool, part.joins) if name]
    pools = dict.fromkeys((*(str(Ref(part.ref.namespace, "InferencePool", name)) for name in names), *pool_of(part)))
    ports = ",".join(map(str, part.server.ports.numbers))
    served = "\n".join(sorted(part.server.served.models))
    return [(*_scope(part), "shared", pool, served, ports) for pool in pools] if served else []


def _scope(part: Part) -> tuple[str, str, str]:
    return part.ref.namespace, part.server.engine or "", part.owned_by[0] if part.owned_by else ""


def _stem(part: Part) -> tuple[str, ...]:
    """Return the key that groups workloads with a common base name."""
    return (*_scope(part), "name", part.base_name)


def telling(selector: Mapping[str, str]) -> bool:
    """Return whether a pool's selector is more specific than "serves a model" and a role."""
    return any(key not in (*SERVING, ROLE) for key in selector)


def common_name(parts: Sequence[Part]) -> str | None:
    """Return the name that all workloads share without their role, or None."""
    refs = [ref for part in parts for ref in part.refs]
    choices = [{strip(ref.name) for ref in refs} for strip in (strip_role, strip_role_word)]
    return next((name for names in choices for name in names if len(names) == 1), None)
