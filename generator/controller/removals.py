"""Decide whether routes may be removed. Pure: values in, a verdict out.

Objects are removed from the input only if their deletion was seen (`store`). Here, what follows from that is compared
with the routes in the cluster:

    routes  removed now  in the last minute  condition                verdict
    10      2            0                                            remove
    10      6            0                                            do not remove: more than half
    6       2            3                                            do not remove: more than half of 9
    1       1            0                                            do not remove: more than half
    10      1            0                   first pass, pods exist   do not remove: the reason is unknown
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llmd_routes.kube.objects import Object, Ref, dig, group_of, items, kind_of, labels, name_of, namespace_of, text
from llmd_routes.names import POOL_GROUPS
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER, RESERVED

# Seconds in which removals count as one.
AT_ONCE: Final = 60.0


@dataclass(frozen=True, slots=True, order=True)
class ModelRoute:
    """What clients name, a model and an engine, at the HTTPRoutes of a namespace."""

    namespace: str
    model: str
    engine: str

    def __str__(self) -> str:
        """Return the model and the engine: `MODEL of ENGINE`."""
        return f"{self.model} of {self.engine}"


@dataclass(frozen=True, slots=True)
class Removed:
    """Routes that were removed at a time, in seconds."""

    at: float
    routes: frozenset[ModelRoute]


def routes_of(objects: Iterable[Object]) -> dict[ModelRoute, frozenset[Ref]]:
    """Return the routes in HTTPRoutes with the InferencePools behind them; rules for any engine do not count."""
    found: dict[ModelRoute, set[Ref]] = {}
    for obj in objects:
        if kind_of(obj) != "HTTPRoute":
            continue
        namespace = namespace_of(obj) or ""
        for rule in items(obj, "spec", "rules"):
            pools = {
                Ref(text(backend, "namespace") or namespace, "InferencePool", text(backend, "name") or "")
                for backend in items(rule, "backendRefs")
                if text(backend, "group") in POOL_GROUPS
            }
            for match in items(rule, "matches"):
                named = {(text(each, "name") or "").lower(): text(each, "value") for each in items(match, "headers")}
                model, engine = named.get(MODEL_HEADER), named.get(OWNER_HEADER)
                if pools and model and engine and engine not in RESERVED:
                    found.setdefault(ModelRoute(namespace, model, engine), set()).update(pools)
    return {route: frozenset(pools) for route, pools in found.items()}


def lost_routes(
    routed: Mapping[ModelRoute, frozenset[Ref]], desired: Mapping[ModelRoute, frozenset[Ref]]
) -> frozenset[ModelRoute]:
    """Return the routes that are not desired, without those whose InferencePool only has other names now."""
    kept = {pool for pools in desired.values() for pool in pools}
    return frozenset(route for route, pools in routed.items() if route not in desired and not pools & kept)


@dataclass(frozen=True, slots=True)
class Share:
    """How many routes would be gone at the end of a minute, of how many at its beginning."""

    gone: int
    routes: int

    @property
    def is_too_large(self) -> bool:
        """Return whether it is more than half."""
        return 2 * self.gone > self.routes


def share_of(
    routed: Iterable[ModelRoute], lost: Collection[ModelRoute], recent: Sequence[Removed], now: float
) -> Share:
    """Return the share of the routes that would be gone after the removal of `lost`, nothing if that is empty.

    Routes that were removed in the last minute count, unless they exist again.
    """
    present = set(routed)
    before = {route for removed in recent if now - removed.at < AT_ONCE for route in removed.routes} - present
    return Share(len(lost) + len(before) if lost else 0, len(present) + len(before))


def unexplained(
    lost: Mapping[ModelRoute, frozenset[Ref]], pools: Iterable[Object], pods: Iterable[Object]
) -> list[ModelRoute]:
    """Return the routes whose InferencePool still selects pods, sorted: their ModelService cannot be deleted."""
    selectors = {
        Ref(namespace_of(pool) or "", "InferencePool", name_of(pool)): labels(pool, *_selector_path(pool))
        for pool in pools
        if kind_of(pool) == "InferencePool"
    }
    running = [pod for pod in pods if kind_of(pod) == "Pod" and dig(pod, "metadata", "deletionTimestamp") is None]
    return sorted(
        route
        for route, behind in lost.items()
        if any(_selects(pool.namespace, selectors.get(pool, {}), running) for pool in behind)
    )


def _selector_path(pool: Object) -> tuple[str, ...]:
    return ("spec", "selector", "matchLabels") if group_of(pool) == POOL_GROUPS[0] else ("spec", "selector")


def _selects(namespace: str, selector: Mapping[str, str], pods: Iterable[Object]) -> bool:
    return bool(selector) and any(
        namespace_of(pod) == namespace and selector.items() <= labels(pod, "metadata", "labels").items() for pod in pods
    )
